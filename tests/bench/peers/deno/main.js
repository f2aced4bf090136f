// The three functions as a Supabase user writes them today: Deno and @supabase/server. It verifies the token with the
// project's key set, calls the RPC as the caller, and hands on what the database answers.

import { withSupabase } from '@supabase/server';

// What the playbook's `getUser()` does before a write; off where it is not measured.
const sessionCheck = Deno.env.get('SESSION_CHECK') === 'writes';

const answer = ({ data, error, status }) => Response.json(error ?? data, { status });

async function revoked({ supabase }, request) {
  if (!sessionCheck) return false;
  const { error } = await supabase.auth.getUser(request.headers.get('authorization').slice('Bearer '.length));
  return error !== null;
}

const signIn = () => Response.json({ message: 'sign in again' }, { status: 401 });

const functions = {
  'messages-list': withSupabase({ auth: 'user' }, async (request, { supabase }) => {
    const asked = new URL(request.url).searchParams;
    const named = { p_channel_id: asked.get('channel_id'), p_limit: Number(asked.get('limit') ?? 50) };
    return answer(await supabase.rpc('fetch_social_messages', named, { get: true }));
  }),

  'messages-send': withSupabase({ auth: 'user' }, async (request, context) => {
    if (await revoked(context, request)) return signIn();
    const { channel_id, body, client_message_id } = await request.json();
    const named = { p_channel_id: channel_id, p_body: body, p_client_message_id: client_message_id };
    return answer(await context.supabase.rpc('insert_social_message', named));
  }),

  'stage-room-match': withSupabase({ auth: 'user' }, async (request, context) => {
    if (await revoked(context, request)) return signIn();
    const { room_id, game_id, match_instance_id, roster, slot_template } = await request.json();
    return answer(await context.supabase.rpc('sync_rank_match_roster', {
      p_room_id: room_id,
      p_game_id: game_id,
      p_match_instance_id: match_instance_id,
      p_roster: roster,
      p_slot_template: slot_template,
    }));
  }),
};

Deno.serve({
  hostname: '127.0.0.1',
  port: 0,
  onListen: ({ port }) => console.log(`listening on 127.0.0.1:${port}`),
}, (request) => {
  const serve = functions[new URL(request.url).pathname.split('/').at(-1)];
  return serve ? serve(request) : new Response(null, { status: 404 });
});
