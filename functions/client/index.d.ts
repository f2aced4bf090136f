// The types of what index.js exports. supabase-js is not imported, so that an application's own version of it fits.

import type { EndedSession, Message, ProblemCode, RenewedOverlay, ServersReason, StagedMatch, Staging } from './contract.js'

export type { Message, ProblemCode, StagedMatch, Staging }

/** What is used of the application's supabase-js client; `createClient(…)` returns one. */
export interface SupabaseLike {
  auth: {
    getSession(): Promise<any>
    onAuthStateChange(callback: (event: any, session: any) => void): any
  }
  readonly functions: { invoke(name: string, options?: any): Promise<any> }
  realtime: { setAuth(token?: any): any }
  channel(name: string, options?: any): any
  removeChannel(channel: any): Promise<unknown>
  rpc(name: any, args?: any): PromiseLike<any>
}

/** Time, timers, chance and the window: replaced in tests. */
export interface Environment {
  now?: () => number
  clock?: () => number
  random?: () => number
  setTimeout?: (callback: () => void, delay: number) => any
  clearTimeout?: (id: any) => void
  window?: any
}

/** What options of both have in common. */
export interface CommonOptions extends Environment {
  /** For a client whose `supabase.auth` cannot be used, because it has an `accessToken` of its own. */
  accessToken?: CallOptions['accessToken']
  /** Milliseconds after which a request ends that has no answer; 15 000. */
  timeout?: number
  onCall?: OnCall
}

/** What only this side can say. */
export type ClientCode =
  /** There was no answer: no network, or none that lets us through. */
  | 'network_failure'
  /** There was none in time: `timeout`, or an `AbortSignal.timeout`. */
  | 'timeout'
  /** The caller's signal. */
  | 'aborted'
  /** An answer that is none of the server's, such as a page of a hotel's network. */
  | 'unexpected_answer'
  /** The application's own: a body that is no JSON, or no client. */
  | 'unexpected_failure'
  /** A gateway's refusal; `details` has its code, if it has one. */
  | 'http_error'
  /** There is nothing to renew or to end. */
  | 'no_active_session'
  /** Of the RPCs of overlays: it is over, or somebody else's. */
  | 'overlay_not_found'
  | 'session_not_found'

/** What went wrong. The codes of the functions are explained in functions/README.md. */
export interface Problem extends Error {
  name: 'LockstepError'
  code: ProblemCode | ClientCode
  /** Of HTTP, and 0 where there was no answer. */
  status: number
  /** Whether the same call may succeed later, and does no harm when made again. */
  retryable: boolean
  /** In seconds, if the server said so. */
  retryAfter: number | null
  requestId: string | null
  /** The field, a detail code, both versions; or the code of a gateway. */
  details: string | null
  /** What a trigger or a policy of the project says besides, as PostgREST gives it. */
  hint: string | null
}

/** For `instanceof`: every Problem is one. */
export declare const LockstepError: { new (): Problem; readonly prototype: Problem }

export type Result<T> = { data: T; error: null } | { data: null; error: Problem }

/** A result to be awaited, which never rejects; unless it is asked to, as supabase-js has it. */
export interface Answer<T, More = unknown> extends Promise<Result<T> & More> {
  throwOnError(): Promise<{ data: T; error: null } & More>
}

/**
 * `connecting`: nothing is known yet, or the last attempt failed and is repeated. `live`: up to date, and Realtime tells of
 * more. `polling`: up to date, and asked now and then, because Realtime is away. `refused`: the Problem says why; repeated
 * when somebody signs in, when the network is back, and, after a fault of an operator's, now and then.
 */
export type Status = 'connecting' | 'live' | 'polling' | 'refused'

export interface Following {
  /** At each change. The Problem is there while attempts fail. */
  onStatus?: (status: Status, problem: Problem | null) => void
  /** Milliseconds between two questions while Realtime is away; 20 000. */
  poll?: number
}

/** What a call cost and brought. */
export interface CallRecord {
  functionName: string
  latencyMs: number
  rows: number
  error: any
  /** `<name>/<semver>` of the RPCs that answered, if a header said so. */
  rpcVersion: string | null
}
export type OnCall = (record: CallRecord) => unknown

export interface CallOptions {
  /** In place of the session's, for calls from server to server. */
  accessToken?: string | null | (() => string | null | Promise<string | null>)
  signal?: AbortSignal
  /** Milliseconds, in place of the option of all calls. */
  timeout?: number
}

export interface LockstepOptions extends CommonOptions {
  /** Where the functions are, if not at the project's own address, such as `https://edge.example.com/functions/v1`. */
  functionsUrl?: string
  /** Used with `functionsUrl`. */
  fetch?: typeof globalThis.fetch
}

export interface ListOptions extends CallOptions {
  limit?: number
  /** Only what was stored after this moment. */
  since?: string
  /** The `nextCursor` of the previous page; not together with `since`. */
  before?: string | null
}

export interface SubscribeOptions extends Following, Pick<CallOptions, 'accessToken'> {
  /** What is shown already, and is not handed over again. */
  known?: readonly Message[]
  /** Each failure, and what the callback throws. */
  onError?: (error: Problem | any) => void
  /** Somebody else is signed in, or nobody: remove what is shown. */
  onReset?: () => void
}

export interface Lockstep {
  /** Newest first. */
  listMessages(channelId: string, options?: ListOptions): Answer<Message[], { nextCursor: string | null }>
  /**
   * Sent again after a failure, or while its answer is awaited, it is the same message, and stored once. With an
   * `accessToken` for this call, as on a server, pass the returned `idempotencyKey` for that.
   */
  sendMessage(
    channelId: string,
    payload: string | { body: string } | { text: string },
    options?: CallOptions & { idempotencyKey?: string | null },
  ): Answer<Message, { idempotencyKey: string }>
  /** The overlay that comes with it is announced to each player, and is in the store before long. */
  stageRoomMatch(payload: Staging, options?: CallOptions): Answer<StagedMatch>
  /**
   * Calls back with new messages, oldest first, each once; the first time with the newest page, unless there are `known`
   * ones. It follows sign-in and sign-out. Returns what ends it.
   */
  subscribeMessages(channelId: string, callback: (messages: Message[]) => void, options?: SubscribeOptions): () => void
}

export function createLockstep(supabase: SupabaseLike, options?: LockstepOptions): Lockstep

export interface ActiveSession {
  sessionId: string
  /** Milliseconds since 1970, by the server's clock. */
  expiresAt: number
  /** Of the slot template that was staged. */
  version: number
}

/** Why what is shown has changed. */
export type Reason = ServersReason | 'set' | 'fetched' | 'renewed' | 'offline' | 'other_tab' | 'expired' | 'signed_out' | 'cleared'

export interface OverlayOptions extends CommonOptions, Following {
  /** Where the record is kept; the window's localStorage. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  storageKey?: string
  /** The only version to accept, if there is but one. */
  version?: number
  /** Milliseconds over which clients spread their question after an announcement to all. */
  spread?: number
}

export interface OverlayStore {
  /** Begins to listen, and returns `stop`. Nothing happens on a server. */
  start(): () => void
  stop(): void
  /** What to show; the same object until it changes, as `useSyncExternalStore` wants it. */
  getActiveSession(): ActiveSession | null
  subscribe(listener: (session: ActiveSession | null, reason: Reason | (string & {})) => void): () => void
  /** `false` if it is over, too far ahead, malformed, or of another version than the expected or held one. */
  setActiveSession(
    session: { sessionId: string; expiresAt: number | string; version: number } | null | undefined,
    options?: { version?: number },
  ): boolean
  /** Removes what is over; call it when a message arrives. */
  check(): ActiveSession | null
  /** The server's time, as far as it is known: what `expiresAt` is compared with. */
  now(): number
  /** Asks the server. */
  refresh(): Promise<void> | undefined
  /** For this browser, until the session is opened again. */
  clear(reason?: string): void
  renew(): Promise<Result<RenewedOverlay>>
  /** For everybody. */
  end(): Promise<Result<EndedSession>>
}

export function createOverlayStore(supabase: SupabaseLike, options?: OverlayOptions): OverlayStore

/**
 * The same object or module, each function of which reports to `onCall`. Results, rejections and `this` are unchanged, and
 * a query that is still being built is reported when it is awaited.
 */
export function traced<T extends object>(db: T, onCall: OnCall, clock?: () => number): T
