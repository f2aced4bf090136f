// What the page is told of where it is. It is read for each request, so that what was built here runs anywhere; the names
// are those that `cargo run -p stack -- --env-file` writes.
import { required } from './server'

export interface Settings {
  url: string
  publishableKey: string
  channelId: string
  roomId: string
  gameId: string
  players: [string, string]
}

export const settings = (): Settings => ({
  url: required('NEXT_PUBLIC_SUPABASE_URL'),
  publishableKey: required('NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY'),
  channelId: required('CHANNEL_ID'),
  roomId: required('ROOM_ID'),
  gameId: required('GAME_ID'),
  players: [required('USER_MEMBER'), required('USER_MEMBER_2')],
})
