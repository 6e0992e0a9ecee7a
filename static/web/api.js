/**
 * Requests to our own API: CSRF header, JSON in and out, problem details as typed errors.
 *
 *   import { request, Problem } from "../web/api.js";
 *   const job = await request("/api/v1/jobs/…/");
 *   await request(url, { method: "POST", json: { … }, idempotent: true });
 *   await request(url, { method: "PATCH", json, headers: { "If-Match": etag } });
 *   try { … } catch (error) { if (error instanceof Problem) … }
 *
 * A Problem has status, code, message (a sentence for a person), requestId, retryAfterS and
 * errors, a list of { field, code, message }.
 */
import { gettext } from "./words.js";

/** An RFC 9457 answer, or a connection that failed (status 0, code "offline"). */
export class Problem extends Error {
  constructor({ status, code, title, detail, request_id: requestId, errors, retryAfterS = null }) {
    super(detail || title || gettext("The request failed."));
    this.name = "Problem";
    Object.assign(this, { status, code, title, requestId, errors: errors ?? [], retryAfterS });
  }

  /** True when the same request may succeed later. */
  get transient() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

const WORDS = {
  401: gettext("Sign in again."),
  403: gettext("You do not have permission to do this."),
  404: gettext("This does not exist, or you do not have access to it."),
  413: gettext("This is too large."),
  429: gettext("Too many requests. Wait a moment."),
};

async function problemFrom(response) {
  let body = {};
  if ((response.headers.get("Content-Type") ?? "").includes("json")) {
    body = await response.json().catch(() => ({}));
  }
  const retryAfterS = Number(response.headers.get("Retry-After")) || null;
  const title = WORDS[response.status] ?? gettext("The server could not respond.");
  return new Problem({ title, code: `http_${response.status}`, ...body, status: response.status, retryAfterS });
}

/**
 * Send one request; returns the parsed JSON, or null for an empty answer.
 * `json` is serialised, `body` (FormData, Blob …) is sent as it is; `idempotent: true` adds a
 * fresh Idempotency-Key. Throws Problem, or AbortError when `signal` aborts.
 */
export async function request(url, { method = "GET", json, body, headers = {}, signal, idempotent = false } = {}) {
  const all = { Accept: "application/json", ...headers };
  if (method !== "GET") all["X-CSRFToken"] = csrfToken();
  if (json !== undefined) all["Content-Type"] = "application/json";
  if (idempotent) all["Idempotency-Key"] = idempotencyKey();
  let response;
  try {
    response = await fetch(url, {
      method, headers: all, signal, credentials: "same-origin",
      body: json === undefined ? body : JSON.stringify(json),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ status: 0, code: "offline", detail: gettext("No connection to the server.") });
  }
  if (!response.ok) throw await problemFrom(response);
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/** A random key; works without HTTPS too, where crypto.randomUUID is missing. */
export function idempotencyKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}
