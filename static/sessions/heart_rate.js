/**
 * The Heart Rate Measurement of Bluetooth straps (characteristic 0x2A37, Heart Rate Service 1.0), byte by byte.
 *
 * Byte 0 holds flags: bit 0 the rate is uint16 instead of uint8, bits 1 and 2 skin contact (seen, supported), bit 3
 * energy in kJ follows (uint16), bit 4 RR intervals follow (uint16 each, in 1/1024 s). All little-endian.
 */

export class BadMeasurement extends Error {}

/** {bpm, contact: true | false | null, energyKj: number | null, rrMs: [number]} of a DataView. */
export function parseHeartRate(view) {
  const need = (end) => {
    if (end > view.byteLength) throw new BadMeasurement(`${view.byteLength} bytes are too few`);
  };
  need(2);
  const flags = view.getUint8(0);
  let at = 1;
  const isWide = Boolean(flags & 0x01);
  need(at + (isWide ? 2 : 1));
  const bpm = isWide ? view.getUint16(at, true) : view.getUint8(at);
  at += isWide ? 2 : 1;
  const contact = flags & 0x04 ? Boolean(flags & 0x02) : null;
  let energyKj = null;
  if (flags & 0x08) {
    need(at + 2);
    energyKj = view.getUint16(at, true);
    at += 2;
  }
  const rrMs = [];
  if (flags & 0x10) {
    for (; at + 2 <= view.byteLength; at += 2) rrMs.push((view.getUint16(at, true) * 1000) / 1024);
  }
  return { bpm, contact, energyKj, rrMs };
}

/**
 * Measurements as rows of the layout `heart_rate`: [bpm, rr in ms], one for each beat that the strap reports, at the
 * time it happened (the last interval ends when the message comes); rr is 0 where the strap reports none.
 */
export class Beats {
  constructor() {
    this.last = -Infinity;
  }

  /** ({t: [s], values: [[bpm, rr]]}) of one measurement that came at second `now`; empty without skin contact. */
  take({ bpm, contact, rrMs }, now) {
    if (contact === false || bpm === 0) return { t: [], values: [] };
    const intervals = rrMs.length ? rrMs : [0];
    const t = [];
    const values = [];
    let moment = now - intervals.slice(1).reduce((sum, ms) => sum + ms, 0) / 1000;
    intervals.forEach((rr, n) => {
      if (n) moment += rr / 1000;
      moment = Math.max(moment, this.last + 0.001);
      t.push(moment);
      values.push([bpm, rr]);
      this.last = moment;
    });
    return { t, values };
  }
}
