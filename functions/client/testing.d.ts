// The types of the project in memory.

import type { Message, ProblemCode, SupabaseLike } from './index.js'

export interface FakeClient extends SupabaseLike {
  auth: SupabaseLike['auth'] & {
    getUser(): Promise<any>
    /** Any password will do. */
    signInWithPassword(credentials: { email: string; password?: string }): Promise<any>
    signOut(options?: object): Promise<{ error: null }>
  }
  removeAllChannels(): Promise<void>
}

export interface FakeFailure {
  status?: number
  code?: ProblemCode | (string & {})
  message?: string
  details?: string | null
  hint?: string | null
  headers?: Record<string, string>
  /** No answer comes. The call has been made all the same. */
  lost?: boolean
}

export interface FakeProject {
  /** A browser's, which nobody is signed in to. */
  createClient(): FakeClient
  /** What is stored, to look at and to change. */
  channels: Record<string, { members: string[]; messages: Message[] }>
  rooms: Record<string, { owner: string; game: string }>
  /** The server's clock. */
  now: () => number
  /** While it is set, no client reaches anything. */
  offline: boolean
  /** Realtime goes away. */
  cut(): void
  restore(): void
  /** The next calls of a function or of an RPC fail so. */
  fail(name: string, failure: FakeFailure, times?: number): void
}

/** `people`: by e-mail address, their ids. `channels`: by id, the ids of their members. */
export declare function createFakeProject(options?: {
  people?: Record<string, string>
  channels?: Record<string, string[]>
  rooms?: Record<string, { owner: string; game: string }>
}): FakeProject
