// One client and one overlay store for the page. On the server the store is empty and never started.
import { createClient } from '@supabase/supabase-js'
import { createLockstep, createOverlayStore, type ActiveSession } from 'lockstep-client'
import { useEffect, useSyncExternalStore } from 'react'

export const supabase = createClient(
  process.env.NEXT_PUBLIC_SUPABASE_URL!,
  process.env.NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY!,
)
export const lockstep = createLockstep(supabase)
export const overlay = createOverlayStore(supabase)

/** The session to show, or null. Every component that uses it renders when it changes. */
export function useActiveSession(): ActiveSession | null {
  return useSyncExternalStore(overlay.subscribe, overlay.getActiveSession, () => null)
}

/** Once, near the root. Strict mode starts, stops and starts again, which the store is made for. */
export function useOverlay(): void {
  useEffect(() => overlay.start(), [])
}
