/**
 * The people of a clip: each canvas shows the picture in which one is seen best, with a frame around them. A second video
 * element is moved from one to the next, so that the player stays where it is.
 */
const player = document.querySelector(".player video");
const canvases = [...document.querySelectorAll("[data-person]")];

/** Room around the person, so that they can be told from others. */
const AROUND = 0.15;

function draw(canvas, video) {
  const [left, top, width, height] = canvas.dataset.place.trim().split(" ").map((side) => Number(side) / 100);
  const { videoWidth: w, videoHeight: h } = video;
  const side = Math.min(Math.max(width * w, height * h) * (1 + 2 * AROUND), w, h);
  const x = Math.min(Math.max(0, (left + width / 2) * w - side / 2), w - side);
  const y = Math.min(Math.max(0, (top + height / 2) * h - side / 2), h - side);
  const scale = canvas.width / side;
  const pen = canvas.getContext("2d");
  pen.drawImage(video, x, y, side, side, 0, 0, canvas.width, canvas.height);
  pen.strokeStyle = getComputedStyle(canvas).color;
  pen.lineWidth = 2;
  pen.strokeRect((left * w - x) * scale, (top * h - y) * scale, width * w * scale, height * h * scale);
}

if (player && canvases.length) {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, preload: "auto", src: player.src });
  const waiting = [...canvases];
  video.addEventListener("loadeddata", () => { video.currentTime = Number(waiting[0].dataset.person); });
  video.addEventListener("seeked", () => {
    draw(waiting.shift(), video);
    if (waiting.length) video.currentTime = Number(waiting[0].dataset.person);
    else video.removeAttribute("src");
  });
} else for (const canvas of canvases) canvas.remove();
