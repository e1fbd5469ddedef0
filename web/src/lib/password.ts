// A hint while typing; the server has the last word.

export const SHORTEST_PASSWORD = 12;

export interface Strength {
  score: 0 | 1 | 2 | 3;
  label: string;
  hint: string;
}

export function strengthOf(password: string): Strength {
  if (!password) return { score: 0, label: "", hint: `At least ${SHORTEST_PASSWORD} characters. A few unrelated words work well.` };
  const missing = SHORTEST_PASSWORD - password.length;
  if (missing > 0) {
    return { score: 0, label: "Too short", hint: `${missing} more ${missing === 1 ? "character" : "characters"} to go.` };
  }
  if (isRepetitive(password)) {
    return { score: 1, label: "Easy to guess", hint: "It repeats itself or follows the keyboard. Mix in other words." };
  }
  const bits = password.length * Math.log2(alphabet(password));
  if (bits < 80) return { score: 2, label: "Good", hint: "Good enough. Longer is stronger." };
  return { score: 3, label: "Strong", hint: "Nobody will guess this." };
}

function alphabet(password: string): number {
  let size = 0;
  if (/[a-z]/.test(password)) size += 26;
  if (/[A-Z]/.test(password)) size += 26;
  if (/\d/.test(password)) size += 10;
  if (/[^a-zA-Z\d]/.test(password)) size += 30;
  return Math.max(size, 10);
}

function isRepetitive(password: string): boolean {
  const lower = password.toLowerCase();
  if (new Set(lower).size < 6) return true;
  return ["password", "123456", "qwerty", "abcdef", "marketflow"].some((w) => lower.includes(w));
}
