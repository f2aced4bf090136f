// What a call cost and what it brought, told to whoever watches. It is here because an RPC that misbehaves must leave a
// trace in the application too, in one form for edge functions, RPCs and the application's own data access.

/** Whoever watches must not be able to break what is watched: not by an exception, not by a rejection. */
export async function tell(onCall, functionName, latencyMs, result, error = null, rpcVersion = null) {
  try {
    // supabase-js puts the rows into `data`.
    const data = result?.data === undefined ? result : result.data
    await onCall?.({ functionName, latencyMs, rows: data?.map ? data.length : +(data != null), error, rpcVersion })
  } catch {}
}

/** The same object, or module, each function of which reports to `onCall` what it did. */
export function traced(db, onCall, clock = () => performance.now()) {
  const copy = new Proxy(db, {
    get(_, name) {
      const fn = db[name]
      // A class stays what `new` and `instanceof` take it for.
      if (typeof fn !== 'function' || /^class/.test(fn)) return fn
      return function (...args) {
        const started = clock()
        const done = (result, error = result?.error) => {
          tell(onCall, name, clock() - started, result, error)
          return result
        }
        const failed = (error) => {
          done(null, error)
          throw error
        }
        try {
          // A proxy has none of the private fields of the original, so methods have to run on that.
          const result = fn.apply(this === copy ? db : this, args)
          return result?.then ? result.then(done, failed) : done(result)
        } catch (error) {
          failed(error)
        }
      }
    },
  })
  return copy
}
