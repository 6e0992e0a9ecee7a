// node stream_in_node.mjs <folder of the modules> <clips.json>: what the browser's stream says of each clip.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, clips] = process.argv.slice(2);
const { FormStream, exerciseOf } = await import(pathToFileURL(`${folder}/stream.js`));
const table = JSON.parse(readFileSync(`${folder}/exercises.json`, "utf-8"));
const told = JSON.parse(readFileSync(clips, "utf-8")).map(({ exercise, aspect, times, landmarks }) => {
  const stream = new FormStream(exerciseOf(table, exercise), aspect);
  const events = times.flatMap((t, n) => stream.push(t, landmarks[n]));
  return [...events, ...stream.finish()];
});
process.stdout.write(JSON.stringify(told));
