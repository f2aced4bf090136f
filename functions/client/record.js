// The one record that the browser keeps of a session, `{ sessionId, expiresAt, version }`. It is here because what comes
// from storage was written by another tab, another version or another hand, and is judged before it is believed.

/** The record, or null if it is none. Taken as the RPCs write it, too. */
export function record(given) {
  const sessionId = given?.sessionId ?? given?.session_id
  // From a number or from text; from anything else NaN, which is neither before nor after any time.
  const expiresAt = +new Date(given?.expiresAt ?? given?.expires_at)
  const version = given?.version
  return sessionId && Number.isFinite(version) ? { sessionId, expiresAt, version } : null
}

/** Storage may be absent, full, or forbidden, even to look at: then the session lives in this tab only. */
export function recordStorage(storageOf, key) {
  const attempt = (action) => {
    try {
      return action(storageOf())
    } catch {
      return null
    }
  }
  return {
    read: () => attempt((storage) => record(JSON.parse(storage.getItem(key)))),
    // Writing the same again is no news to other tabs, so that they do not answer each other.
    write: (value) => attempt((storage) => (value ? storage.setItem(key, JSON.stringify(value)) : storage.removeItem(key))),
  }
}
