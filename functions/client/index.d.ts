// The types of what index.js exports. Nothing is imported, so that an application's own version of supabase-js fits.

/** What is used of the application's supabase-js client; `createClient(…)` returns one. */
export interface SupabaseLike {
  auth: {
    getSession(): Promise<any>
    onAuthStateChange(callback: (event: any, session: any) => void): any
  }
  readonly functions: { invoke(name: string, options?: any): Promise<any> }
  realtime: { setAuth(token?: string | null): Promise<void> }
  channel(name: string, options?: any): any
  removeChannel(channel: any): Promise<unknown>
  rpc(name: any, args?: any): PromiseLike<any>
}

/** Time, timers and chance: replaced in tests. */
export interface Environment {
  now?: () => number
  clock?: () => number
  random?: () => number
  setTimeout?: (callback: () => void, delay: number) => any
  clearTimeout?: (id: any) => void
}

/** What went wrong; the codes are those of functions/README.md, and the ones below. */
export interface Problem {
  code: 'auth_required' | 'network_failure' | 'aborted' | 'no_active_session' | 'http_error' | (string & {})
  /** Of HTTP, and 0 where there was no answer. */
  status: number
  message: string
  /** Whether the same call may succeed later, and does no harm when made again. */
  retryable: boolean
  /** In seconds, if the server said so. */
  retryAfter: number | null
  requestId: string | null
  details: unknown
}

export type Result<T> = { data: T; error: null } | { data: null; error: Problem }

/** What a call cost and brought. */
export interface CallRecord {
  functionName: string
  latencyMs: number
  rows: number
  error: Problem | any | null
  /** `<name>/<semver>` of the RPCs that answered, if a header said so. */
  rpcVersion: string | null
}
export type OnCall = (record: CallRecord) => unknown

export interface Message {
  id: string
  channel_id: string
  sender_id: string
  body: string
  client_message_id: string | null
  inserted_at: string
}

/** The overlay that comes with it is announced to each player, and is in the store before long. */
export interface StagedMatch {
  inserted_count: number
  slot_template_version: number
  slot_template_updated_at: string
  role_counts: { role_name: string; declared_slot_count: number; active_slot_count: number }[]
  replayed: boolean
}

export interface CallOptions {
  /** In place of the session's, for calls from server to server. */
  accessToken?: string | null | (() => string | null | Promise<string | null>)
  signal?: AbortSignal
}

export interface LockstepOptions extends Environment {
  /** Where the functions are, if not at the project's own address, such as `https://edge.example.com/functions/v1`. */
  functionsUrl?: string
  /** Used with `functionsUrl`. */
  fetch?: typeof globalThis.fetch
  /** For a client whose `supabase.auth` cannot be used, because it has an `accessToken` of its own. */
  accessToken?: CallOptions['accessToken']
  onCall?: OnCall
}

export interface Lockstep {
  /** Newest first. `since` and `before` exclude each other; `before` is the `nextCursor` of the previous page. */
  listMessages(
    channelId: string,
    options?: CallOptions & { limit?: number; since?: string; before?: string | null },
  ): Promise<Result<Message[]> & { nextCursor: string | null }>
  /** Pass the returned `idempotencyKey` to try again. */
  sendMessage(
    channelId: string,
    payload: string | { body: string } | { text: string },
    options?: CallOptions & { idempotencyKey?: string },
  ): Promise<Result<Message> & { idempotencyKey: string }>
  stageRoomMatch(payload: object, options?: CallOptions): Promise<Result<StagedMatch>>
  /**
   * Calls back with new messages, oldest first, each once; the first time with the newest page, unless there are `known`
   * ones. Whoever is not signed in gets `onError`, and subscribes again later. Returns what ends it.
   */
  subscribeMessages(
    channelId: string,
    callback: (messages: Message[]) => void,
    options?: Pick<CallOptions, 'accessToken'> & { known?: Message[]; onError?: (error: Problem | any) => void },
  ): () => void
}

export function createLockstep(supabase: SupabaseLike, options?: LockstepOptions): Lockstep

export interface ActiveSession {
  sessionId: string
  /** Milliseconds since 1970, by the server's clock. */
  expiresAt: number
  /** Of the slot template that was staged. */
  version: number
}

/** `set`, `fetched`, `renewed`, `offline`, `other_tab`, `expired`, `ended`, `signed_out`, what was given to `clear`, or what the server says. */
export type Reason = string

export interface OverlayOptions extends Environment {
  /** Where the record is kept; the window's localStorage. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  storageKey?: string
  /** The only version to accept, if there is but one. */
  version?: number
  window?: any
  /** Milliseconds over which clients spread their question after an announcement to all. */
  spread?: number
  onCall?: OnCall
}

export interface OverlayStore {
  /** Begins to listen, and returns `stop`. Nothing happens on a server. */
  start(): () => void
  stop(): void
  /** What to show; the same object until it changes, as `useSyncExternalStore` wants it. */
  getActiveSession(): ActiveSession | null
  subscribe(listener: (session: ActiveSession | null, reason: Reason) => void): () => void
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
  refresh(): Promise<void>
  /** For this browser, until the session is opened again. */
  clear(reason?: Reason): void
  renew(): Promise<Result<unknown>>
  /** For everybody. */
  end(): Promise<Result<unknown>>
}

export function createOverlayStore(supabase: SupabaseLike, options?: OverlayOptions): OverlayStore

/** The same object or module, each function of which reports to `onCall`. Results, rejections and `this` are unchanged. */
export function traced<T extends object>(db: T, onCall: OnCall, clock?: () => number): T
