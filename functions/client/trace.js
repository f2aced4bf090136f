// What a call cost and what it brought, told to whoever watches. It is here because an RPC that misbehaves must leave a
// trace in the application too, in one form for edge functions, RPCs and the application's own data access.

/** Whoever watches must not be able to break what is watched: not by an exception, not by a rejection. */
export async function safely(callback, ...news) {
  try {
    await callback?.(...news)
  } catch {}
}

/** supabase-js puts the rows into `data`, and, where only their number was asked for, that into `count`. */
function rowsOf(result) {
  const data = result?.data === undefined ? result : result.data
  return data?.map ? data.length : data == null ? (result?.count ?? 0) : 1
}

export const tell = (onCall, functionName, latencyMs, result, error = null, rpcVersion = null) =>
  safely(onCall, { functionName, latencyMs, rows: rowsOf(result), error, rpcVersion })

/**
 * The same object, or module, each function of which reports to `onCall` what it did. It stands before a shadow, because
 * the functions of an object that is frozen could not be replaced.
 */
export function traced(db, onCall, clock = () => performance.now()) {
  const watched = new WeakMap()

  const watch = (name, fn) => new Proxy(fn, {
    apply(_, self, args) {
      const started = clock()
      const done = (result, error = result?.error, since = started) => tell(onCall, name, clock() - since, result, error)
      const failed = (error, since) => done(null, error, since)
      try {
        // A proxy has none of the private fields of the original, so methods have to run on that.
        const result = Reflect.apply(fn, self === copy ? db : self, args)
        if (!result?.then) done(result)
        else if (result instanceof Promise) result.then((value) => done(value), (error) => failed(error))
        else lazily(result, done, failed)
        return result
      } catch (error) {
        failed(error)
        throw error
      }
    },
  })

  /** A query that is still being built runs when it is awaited, which may be never: then it is looked at. */
  function lazily(query, done, failed) {
    const { then } = query
    if (!Object.isExtensible(query)) return
    Object.defineProperty(query, 'then', {
      configurable: true,
      writable: true,
      value(fulfilled, rejected) {
        const started = clock()
        const running = then.call(this, (value) => (done(value, value?.error, started), value), (error) => { failed(error, started); throw error })
        return running.then(fulfilled, rejected)
      },
    })
  }

  const copy = new Proxy(Object.create(Object.getPrototypeOf(db)), {
    get(_, name) {
      const value = db[name]
      if (typeof value !== 'function' || typeof name !== 'string' || name === 'constructor') return value
      if (!watched.has(value)) watched.set(value, watch(name, value))
      return watched.get(value)
    },
    set: (_, name, value) => Reflect.set(db, name, value),
    has: (_, name) => name in db,
    deleteProperty: (_, name) => Reflect.deleteProperty(db, name),
    ownKeys: () => Reflect.ownKeys(db),
    getOwnPropertyDescriptor(_, name) {
      const own = Reflect.getOwnPropertyDescriptor(db, name)
      return own && { ...own, configurable: true }
    },
  })
  return copy
}
