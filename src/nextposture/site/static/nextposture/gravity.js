// How a phone leans, from gravity alone. Degrees and seconds. Gravity says it for every way a phone can lie; the
// angles beta and gamma that browsers also give jump about when it stands upright.
//
// A vector is [x, y, z] in the phone's own axes: x to its right, y to its top, z out of the screen. `up` points away
// from the ground and may have any length.

const DEGREES = 180 / Math.PI;

// How far the top of the phone is above level: 90 upright, 0 lying flat or on its side, -90 upside down.
// Turning the phone about its own long axis changes nothing.
export const elevation = ([x, y, z]) => Math.atan2(y, Math.hypot(x, z)) * DEGREES;

// `up` from the angles of a deviceorientation event, for browsers that give no acceleration.
export const upFromAngles = (beta, gamma) => {
  const [b, g] = [beta / DEGREES, gamma / DEGREES];
  return [-Math.cos(b) * Math.sin(g), Math.sin(b), Math.cos(b) * Math.cos(g)];
};

// A first-order low-pass with real time steps, so that it works alike at 10 and at 100 readings a second.
export class LowPass {
  constructor(timeS, restartS) {
    this.timeS = timeS;
    this.restartS = restartS;
    this.atS = null;
    this.value = null;
  }

  take(atS, vector) {
    const stepS = this.atS === null ? Infinity : atS - this.atS;
    if (stepS <= 0) return this.value;
    const share = stepS > this.restartS ? 1 : 1 - Math.exp(-stepS / this.timeS);
    this.value = share === 1 ? [...vector] : this.value.map((old, axis) => old + share * (vector[axis] - old));
    this.atS = atS;
    return this.value;
  }
}

// The last seconds of one angle: whether it lay still for all of them, and its middle value.
export class StillWindow {
  constructor(windowS, stillDegrees, gapS) {
    this.windowS = windowS;
    this.stillDegrees = stillDegrees;
    this.gapS = gapS;
    this.taken = [];
  }

  clear() {
    this.taken = [];
  }

  take(atS, angle) {
    const last = this.taken.at(-1);
    if (last && atS - last[0] > this.gapS) this.clear();
    this.taken.push([atS, angle]);
    while (this.taken.length > 2 && this.taken[1][0] <= atS - this.windowS) this.taken.shift();
  }

  get still() {
    if (this.taken.length < 6) return false;
    const angles = this.taken.map(([, angle]) => angle);
    const long = this.taken.at(-1)[0] - this.taken[0][0] >= this.windowS;
    return long && Math.max(...angles) - Math.min(...angles) <= this.stillDegrees;
  }

  get middle() {
    const angles = this.taken.map(([, angle]) => angle).sort((a, b) => a - b);
    const half = angles.length >> 1;
    return angles.length % 2 ? angles[half] : (angles[half - 1] + angles[half]) / 2;
  }
}

// What the phone lay on, taken as level. Screen up, `up` must come out of the screen; some phones give acceleration
// with the opposite sign, and this is how one tells.
export class Table {
  constructor(reading) {
    this.sign = reading[2] < 0 ? -1 : 1;
    this.leans = elevation(this.up(reading));
  }

  up(reading) {
    return reading.map((part) => part * this.sign);
  }

  // Degrees that the top of the phone has sunk below the table's plane; above it is negative.
  below(reading) {
    return this.leans - elevation(this.up(reading));
  }
}
