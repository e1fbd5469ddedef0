// The currencies a workspace can count in, named by the browser.

const codes = [
  "EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BGN", "TRY", "CAD", "AUD", "NZD",
  "JPY", "CNY", "HKD", "SGD", "INR", "KRW", "BRL", "MXN", "ZAR", "AED", "ILS",
];

const names = new Intl.DisplayNames("en-GB", { type: "currency" });

export const CURRENCIES = codes.map((code) => ({ code, name: names.of(code) ?? code }));
