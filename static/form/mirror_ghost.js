/**
 * The best repetition so far, drawn behind the one that is being done.
 *
 *   const ghost = new Ghost();
 *   ghost.learn(event, frames);            frames: [{ t, pose }] of that repetition
 *   const pose = ghost.at(progress, now);  progress: 0 … 1 of a repetition; moved to where the body stands now, or null
 */
const HIPS = [23, 24];
const TRUNK = [11, 12];

const middle = (pose, [a, b]) => ({ x: (pose[a].x + pose[b].x) / 2, y: (pose[a].y + pose[b].y) / 2 });

function size(pose) {
  const [low, high] = [middle(pose, HIPS), middle(pose, TRUNK)];
  return Math.hypot(low.x - high.x, low.y - high.y) || 1e-3;
}

const feet = (pose) => ({ x: (pose[27].x + pose[28].x) / 2, y: (pose[27].y + pose[28].y) / 2 });

export class Ghost {
  constructor() {
    Object.assign(this, { score: -1, poses: [], duration_s: 0 });
  }

  learn(event, frames) {
    const score = event.judgement.score ?? -1;
    const poses = frames.filter(({ pose }) => pose).map(({ pose }) => pose);
    if (score <= this.score || poses.length < 5) return;
    Object.assign(this, { score, poses, duration_s: event.end_s - event.start_s });
  }

  /** Feet on feet, trunk as long as yours. */
  at(progress, now) {
    if (!this.poses.length || !now) return null;
    const pose = this.poses[Math.min(this.poses.length - 1, Math.floor(progress * this.poses.length))];
    const scale = size(now) / size(pose);
    const [from, to] = [feet(pose), feet(now)];
    return pose.map(({ x, y, visibility }) => ({ x: to.x + (x - from.x) * scale, y: to.y + (y - from.y) * scale, visibility }));
  }
}
