/** The heart rate strap beside a motion sensor: its own stream into the same workout. */
import { toast } from "../web/toast.js";
import { gettext } from "../web/words.js";
import { HeartStrap } from "./heart_strap.js";
import { LiveClient } from "./live_client.js";

const $ = (id) => document.getElementById(id);
const BEATS_HZ = 10;

/** Wire the button of the stage to a LiveSession; the workout must exist before beats can go anywhere. */
export function initStrap(session, owner) {
  const button = $("live-strap");
  const note = $("live-strap-note");
  const problem = HeartStrap.problem();
  button.hidden = Boolean(problem);
  note.hidden = !problem;
  note.textContent = problem ? gettext("No heart rate: this browser does not support Bluetooth straps.") : "";
  let strap = null;
  let client = null;

  button.addEventListener("click", async () => {
    const workout = session.client.entry.session;
    if (!workout) {
      toast(gettext("You can add the strap when you are online."), "info");
      return;
    }
    button.disabled = true;
    try {
      strap = await HeartStrap.pair();
      if (!strap) return;
      client = await LiveClient.begin({ session: workout, owner, hello: { layout: "heart_rate", rate_hz: BEATS_HZ, source: "sensor" } });
      await strap.connect({
        onBeats({ t, values, bpm }) {
          client.send(t, values);
          session.stage.vitals.heart(bpm);
        },
        onState: (state) => { if (state !== "on") session.stage.vitals.heart(null, state === "lost" ? gettext("strap not found") : gettext("no skin contact")); },
      });
      button.hidden = true;
      session.stage.vitals.heart(null, gettext("waiting for data"));
    } catch {
      toast(gettext("Could not connect to the strap. Check whether another app is using it."), "error");
      client?.finish();
      strap?.stop();
    } finally {
      button.disabled = false;
    }
  });
  session.listeners.push({
    close() {
      button.hidden = true;
      strap?.stop();
      client?.finish();
    },
  });
}
