// The types of the hooks.

import type { ReactElement, ReactNode } from 'react'
import type { ActiveSession, Lockstep, LockstepOptions, Message, OverlayOptions, OverlayStore, Problem, Result, StagedMatch, Staging, Status, SupabaseLike } from './index.js'

export interface PendingMessage {
  /** Its key, for `retry` and `discard`. */
  key: string
  body: string
  state: 'sending' | 'failed'
  error: Problem | null
}

export interface Messages {
  /** Oldest first. Empty when somebody else signs in, and on a server. */
  messages: readonly Message[]
  /** What is under way, or failed. */
  pending: readonly PendingMessage[]
  status: Status
  error: Problem | null
  hasOlder: boolean
  loadingOlder: boolean
  loadOlder(): Promise<void>
  /** The same words as those of a pending message are that message, tried again. */
  send(body: string): Promise<Result<Message>>
  retry(key: string): Promise<Result<Message>> | undefined
  discard(key: string): void
}

/** Gives a tree what the hooks need. `options` are read once for a client. */
export declare function LockstepProvider(props: {
  supabase: SupabaseLike
  options?: LockstepOptions & OverlayOptions
  children?: ReactNode
}): ReactElement

export declare function useLockstep(): { lockstep: Lockstep; overlay: OverlayStore }
export declare function useMessages(channelId: string): Messages
export declare function useActiveSession(): {
  /** What to show, or null; always null on a server. */
  session: ActiveSession | null
  secondsLeft: number
  renew: OverlayStore['renew']
  end: OverlayStore['end']
  /** For this browser, until the session is opened again. */
  dismiss: OverlayStore['clear']
}
export declare function useStageMatch(): {
  stage(payload: Staging): Promise<Result<StagedMatch>>
  staging: boolean
  data: StagedMatch | null
  error: Problem | null
}

/** The same for the life of the page, however often hot reload loads the module again: for the supabase-js client. */
export declare function once<T>(name: string, make: () => T): T
