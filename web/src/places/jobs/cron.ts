// The common schedules in plain words; anything else stays as it is written.

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

export function sayCron(cron: string): string {
  const fields = cron.trim().split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  if (fields.length !== 5 || month !== "*") return cron;
  const every = /^\*\/(\d+)$/.exec(minute);
  if (every && hour === "*" && day === "*" && weekday === "*") return `Every ${every[1]} minutes`;
  if (minute === "*" && hour === "*" && day === "*" && weekday === "*") return "Every minute";
  if (!/^\d+$/.test(minute)) return cron;
  if (hour === "*" && day === "*" && weekday === "*") return `Every hour at ${minute.padStart(2, "0")} past`;
  if (!/^\d+$/.test(hour)) return cron;
  const time = `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
  if (day === "*" && weekday === "*") return `Every day at ${time}`;
  if (day === "*" && /^[0-7]$/.test(weekday)) return `Every ${DAYS[Number(weekday) % 7]} at ${time}`;
  if (/^\d+$/.test(day) && weekday === "*") return `On day ${day} of every month at ${time}`;
  return cron;
}
