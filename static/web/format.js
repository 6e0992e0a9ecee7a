/** Numbers and times as people read them; shared by charts, uploads and job cards. */

const MINUS = "−";
const LANGUAGE = globalThis.document?.documentElement?.lang || "en";
/** "." or "," */
const POINT = new Intl.NumberFormat([LANGUAGE, "en"]).formatToParts(0.5).find(({ type }) => type === "decimal").value;
const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `toFixed` for people: with the decimal mark of the page's language. Programs are told numbers by `toFixed` itself. */
export const fixed = (value, digits) => value.toFixed(digits).replace(".", POINT);

/** A count with the marks of thousands of the page's language. */
export const count = (n) => n.toLocaleString([LANGUAGE, "en"]);

/** A number with about three significant digits and a real minus sign; "–" for no number. */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  const text = fixed(value, digits);
  return Number(value.toFixed(digits)) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
}

/** Seconds as "0:07", "12:05" or "1:02:03"; `digits` decimals of a second where wanted. */
export function clock(seconds, digits = 0) {
  const unit = 10 ** digits;
  const total = Math.round(Math.abs(seconds) * unit) / unit;
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = fixed(total % 60, digits).padStart(digits ? digits + 3 : 2, "0");
  const sign = seconds < 0 && total > 0 ? MINUS : "";
  const head = hours ? `${hours}:${String(minutes).padStart(2, "0")}` : `${minutes}`;
  return `${sign}${head}:${rest}`;
}

/** Bytes as "8.4 MB" (powers of 1000, as file managers show them). */
export function bytes(count) {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : fixed(value, 1)} ${UNITS[unit]}`;
}

/** A share from 0 to 1 as per cent to one decimal, "85.3 %". */
export const percent = (share) => (Number.isFinite(share) ? `${fixed(share * 100, 1)} %` : "–");
