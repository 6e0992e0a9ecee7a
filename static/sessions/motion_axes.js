/**
 * A phone's motion events in one convention, whatever browser they come from.
 *
 * Out comes what the layout `imu6` means: acceleration with gravity in m/s² as a sensor feels it (lying on its
 * back a phone feels +9.81 along z) and turning in rad/s around x, y, z; x to the right of the screen, y to its top,
 * z out of it, all fixed to the device however the page is turned.
 *
 * What differs: iOS gives the opposite sign for accelerationIncludingGravity, and older Firefoxes did. The sign is not
 * guessed from the browser's name alone: beta and gamma of the orientation event are the same everywhere and tell which
 * way is up, so the first events vote. rotationRate is alpha, beta, gamma around x, y, z in degrees a second.
 */

export const GRAVITY = 9.80665;
const RADIANS = Math.PI / 180;
const VOTES_NEEDED = 5;
const LEAST_AGREEMENT = 0.5;

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** Which way is up in the phone's own axes: a unit vector, from beta and gamma in degrees. */
export function upFrom({ beta, gamma }) {
  const [b, g] = [beta * RADIANS, gamma * RADIANS];
  return [-Math.cos(b) * Math.sin(g), Math.sin(b), Math.cos(b) * Math.cos(g)];
}

/** +1: the reading follows the convention, -1: it is turned round, 0: cannot be said from this event. */
export function signVote(acceleration, orientation) {
  if (!orientation || !isNumber(orientation.beta) || !isNumber(orientation.gamma)) return 0;
  const size = Math.hypot(...acceleration);
  if (size < 0.5 * GRAVITY || size > 1.5 * GRAVITY) return 0;
  const up = upFrom(orientation);
  const along = acceleration.reduce((sum, value, axis) => sum + value * up[axis], 0) / size;
  return Math.abs(along) < LEAST_AGREEMENT ? 0 : Math.sign(along);
}

/** The sign to begin with: every browser on an iPhone or iPad is WebKit. */
export function likelySign(userAgent, touchPoints = 0) {
  const isIos = /iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1);
  return isIos ? -1 : 1;
}

/** Reads motion events. `sign` settles with the votes of the first events; `missing` names what the phone lacks. */
export class MotionAxes {
  constructor(sign = 1) {
    this.sign = sign;
    this.votes = 0;
    this.missing = "";
  }

  /** Keep the newest orientation event {beta, gamma}. */
  orient(orientation) {
    this.orientation = orientation;
  }

  /** [acc_x, acc_y, acc_z, gyr_x, gyr_y, gyr_z] of one devicemotion event, or null where it holds no reading. */
  read({ accelerationIncludingGravity: acceleration, rotationRate }) {
    const felt = acceleration ? [acceleration.x, acceleration.y, acceleration.z] : [];
    const turning = rotationRate ? [rotationRate.alpha, rotationRate.beta, rotationRate.gamma] : [];
    if (felt.length !== 3 || !felt.every(isNumber)) {
      this.missing = "motion sensor";
      return null;
    }
    if (turning.length !== 3 || !turning.every(isNumber)) {
      this.missing = "gyroscope";
      return null;
    }
    this.missing = "";
    this.vote(felt);
    return [...felt.map((value) => value * this.sign), ...turning.map((value) => value * RADIANS)];
  }

  vote(felt) {
    if (Math.abs(this.votes) >= VOTES_NEEDED) return;
    this.votes += signVote(felt, this.orientation);
    if (Math.abs(this.votes) >= VOTES_NEEDED) this.sign = Math.sign(this.votes);
  }

  /** False until enough events agreed; the sign is then the likely one. */
  get isSure() {
    return Math.abs(this.votes) >= VOTES_NEEDED;
  }
}

/** Samples a second, from time stamps in seconds; takes the middle of the steps, so that a pause does no harm. */
export class RateMeter {
  constructor(keep = 120) {
    Object.assign(this, { keep, steps: [], last: null });
  }

  add(t) {
    if (this.last !== null && t > this.last) this.steps.push(t - this.last);
    if (this.steps.length > this.keep) this.steps.shift();
    this.last = t;
  }

  /** Hz, or null before there are ten steps. */
  get rateHz() {
    if (this.steps.length < 10) return null;
    const sorted = [...this.steps].sort((a, b) => a - b);
    const middle = sorted.slice(Math.floor(sorted.length * 0.1), Math.ceil(sorted.length * 0.9));
    return middle.length / middle.reduce((sum, step) => sum + step, 0);
  }
}
