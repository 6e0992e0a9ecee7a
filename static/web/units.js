/**
 * Quantities as people read them; the twin of web/units.py, which says more. Values come as the API gives them: kg, m
 * and kJ. The reader's units stand on the page: <html data-units="kg km cm kcal">.
 */
import { count, fixed } from "./format.js";

const FACTORS = {
  kg: 1, lb: 0.45359237, km: 1000, mi: 1609.344, cm: 0.01, ft: 0.3048, in: 0.0254, kJ: 1, kcal: 4.184,
};
const INCHES = 12;

/** The reader's units. */
export function units() {
  const [mass = "kg", distance = "km", length = "cm", energy = "kcal"] = (document.documentElement.dataset.units ?? "").split(" ").filter(Boolean);
  return { mass, distance, length, energy };
}

/** A stored quantity (kg, m, kJ) in `unit`. */
export const fromStored = (value, unit) => value / FACTORS[unit];

/** The way back. */
export const toStored = (value, unit) => value * FACTORS[unit];

/** Halves go up, as in the twin. */
export const rounded = (value, digits = 0) => Math.floor(value * 10 ** digits + 0.5) / 10 ** digits;

/** With at most so many digits, without zeros at the end. */
function short(value, digits) {
  const [whole, part = ""] = rounded(value, digits).toFixed(digits).split(".");
  const kept = part.replace(/0+$/, "");
  return `${count(Number(whole))}${kept ? fixed(Number(`0.${kept}`), kept.length).slice(1) : ""}`;
}

/** [feet, inches] of a length in m. */
export function feetAndInches(lengthM, digits = 0) {
  const inches = rounded(fromStored(lengthM, "in"), digits);
  return [Math.floor(inches / INCHES), rounded(inches % INCHES, digits)];
}

/** A mass or a weight: "79.4 kg", "175 lb". */
export function massText(massKg, digits = 1) {
  const { mass } = units();
  return `${short(fromStored(massKg, mass), digits)} ${mass}`;
}

/** A way: "5.25 km", "3.26 mi". */
export function distanceText(distanceM, digits = 2) {
  const { distance } = units();
  return `${short(fromStored(distanceM, distance), digits)} ${distance}`;
}

/** The height of a body or what is as long: "180 cm", "5 ft 11 in". */
export function lengthText(lengthM) {
  if (units().length === "cm") return `${short(fromStored(lengthM, "cm"), 0)} cm`;
  const [feet, inches] = feetAndInches(lengthM);
  return `${feet} ft ${inches} in`;
}

/** An energy: "2,150 kcal", "8,996 kJ". */
export function energyText(energyKj) {
  const { energy } = units();
  return `${short(fromStored(energyKj, energy), 0)} ${energy}`;
}
