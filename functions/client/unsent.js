// The keys of messages of which nobody knows yet whether they were stored. It is here because a lost answer looks like a
// failure to whoever presses "send" again, and because a double click is one message.

/** How long a message that was seen in the channel is taken for the one that somebody sends again. */
const SEEN_FOR = 60_000

/** Browsers have `randomUUID` in secure contexts only, and a phone in the office's network is in none. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID()
  const digit = () => (crypto.getRandomValues(new Uint8Array(1))[0] & 15).toString(16)
  return '00000000-0000-4000-8000-000000000000'.replace(/0/g, digit)
}

export function unsentKeys(env) {
  const kept = new Map()
  return {
    /** The key of the same message of the same user, if it may be under way or stored; else a new one. */
    of(message) {
      const entry = kept.get(message)
      if (entry && !(entry.until < env.now())) return entry.key
      const key = newKey()
      kept.set(message, { key })
      return key
    },
    /** It is known what became of it. */
    settled: (message) => kept.delete(message),
    /** It is stored, though the answer may have been lost. */
    seen(key) {
      for (const entry of kept.values()) if (entry.key === key) entry.until ??= env.now() + SEEN_FOR
    },
  }
}
