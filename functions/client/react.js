'use client'
// Hooks for React 18 and newer. They are here because each of them is easy to get almost right: strict mode subscribes twice,
// a concurrent render may be thrown away, a server has no session, and hot reload must not leave a second client behind.

import { createContext, createElement, useCallback, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { createLockstep } from './calls.js'
import { messageStore } from './messages.js'
import { createOverlayStore } from './overlay.js'

const Context = createContext(null)

/** What is made of a client is kept with it, outside of this module, which hot reload replaces. */
const kept = (globalThis[Symbol.for('lockstep-client.react')] ??= { clients: new WeakMap(), once: {} })

/** The same for the life of the page, however often the module is loaded again: for the application's supabase-js client. */
export const once = (name, make) => (kept.once[name] ??= make())

/** Gives a tree what the hooks need. `options` are those of createLockstep and createOverlayStore, read once for a client. */
export function LockstepProvider({ supabase, options, children }) {
  const value = useMemo(() => {
    if (!kept.clients.has(supabase)) {
      kept.clients.set(supabase, {
        lockstep: createLockstep(supabase, options),
        overlay: createOverlayStore(supabase, options),
        stores: new Map(),
      })
    }
    return kept.clients.get(supabase)
  }, [supabase])
  useEffect(() => value.overlay.start(), [value])
  return createElement(Context.Provider, { value }, children)
}

/** `{ lockstep, overlay }` of the provider. */
export function useLockstep() {
  const value = useContext(Context)
  if (!value) throw new Error('Wrap the page in <LockstepProvider supabase={supabase}>')
  return value
}

export function useMessages(channelId) {
  const { lockstep, stores } = useLockstep()
  // Two components on one channel share it.
  const store = useMemo(() => {
    if (!stores.has(channelId)) stores.set(channelId, messageStore(lockstep, channelId))
    return stores.get(channelId)
  }, [lockstep, stores, channelId])
  const state = useSyncExternalStore(store.subscribe, store.get, store.getOnServer)
  return { ...state, send: store.send, retry: store.retry, discard: store.discard, loadOlder: store.loadOlder }
}

/** The session to show, or null, and how long it lasts; every component that uses it renders when that changes. */
export function useActiveSession() {
  const { overlay } = useLockstep()
  const session = useSyncExternalStore(overlay.subscribe, overlay.getActiveSession, () => null)
  const everySecond = useCallback(
    (listener) => {
      const timer = session && setInterval(listener, 250)
      return () => clearInterval(timer)
    },
    [session],
  )
  // Whole seconds: the same number until it changes, so that nothing is rendered for less.
  const left = () => (session ? Math.max(Math.ceil((session.expiresAt - overlay.now()) / 1000), 0) : 0)
  const secondsLeft = useSyncExternalStore(everySecond, left, () => 0)
  return { session, secondsLeft, renew: overlay.renew, end: overlay.end, dismiss: overlay.clear }
}

export function useStageMatch() {
  const { lockstep, overlay } = useLockstep()
  const [state, setState] = useState({ staging: false, data: null, error: null })
  const stage = useCallback(
    async (payload) => {
      setState({ staging: true, data: null, error: null })
      const answer = await lockstep.stageRoomMatch(payload)
      // Each player is told; whoever staged need not wait for that.
      if (answer.data) overlay.refresh()
      setState({ staging: false, data: answer.data, error: answer.error })
      return answer
    },
    [lockstep, overlay],
  )
  return { ...state, stage }
}
