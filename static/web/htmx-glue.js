/** What htmx needs from us: the CSRF header, errors as messages, and one status line for jobs. */
import { csrfToken } from "./api.js";
import { toast } from "./toast.js";
import { fill, gettext } from "./words.js";

function sentence(ctx) {
  const type = ctx.response.headers.get("Content-Type") ?? "";
  if (type.includes("json")) {
    try {
      const problem = JSON.parse(ctx.text);
      return problem.detail || problem.title;
    } catch {
      return null;
    }
  }
  return null;
}

/** Listen on the page once. */
export function initHtmx() {
  document.addEventListener("htmx:config:request", (event) => {
    const { request } = event.detail.ctx;
    if (request.method !== "GET") request.headers["X-CSRFToken"] = csrfToken();
  });
  document.addEventListener("htmx:response:error", (event) => {
    const { ctx } = event.detail;
    if (ctx.response.status === 422) return;
    toast(sentence(ctx) ?? fill(gettext("Server error %(status)s. Try again."), { status: ctx.response.status }), "error");
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx) toast(gettext("No connection to the server."), "error");
  });
}
