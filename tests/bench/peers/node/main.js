// The three API routes that the functions replace: Node, supabase-js, a client for each request with the caller's token.
// Tokens are verified as the library recommends, with `auth.getClaims()`: here, where the project signs with a key
// pair, and by asking Auth where it still has a shared secret.

import { createServer } from 'node:http';
import { createClient } from '@supabase/supabase-js';
import WebSocket from 'ws';

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SESSION_CHECK } = process.env;

/** The client of one caller. */
function clientOf(token) {
  return createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, {
    global: { headers: { Authorization: `Bearer ${token}` } },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    // Node.js 20 has none of its own, and the library asks for one whether or not it is used.
    realtime: { transport: WebSocket },
  });
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

const routes = {
  'messages-list': async (supabase, _request, asked) => supabase.rpc('fetch_social_messages', {
    p_channel_id: asked.get('channel_id'),
    p_limit: Number(asked.get('limit') ?? 50),
  }, { get: true }),

  'messages-send': async (supabase, request) => {
    const { channel_id, body, client_message_id } = await bodyOf(request);
    const named = { p_channel_id: channel_id, p_body: body, p_client_message_id: client_message_id };
    return supabase.rpc('insert_social_message', named);
  },

  'stage-room-match': async (supabase, request) => {
    const { room_id, game_id, match_instance_id, roster, slot_template } = await bodyOf(request);
    return supabase.rpc('sync_rank_match_roster', {
      p_room_id: room_id,
      p_game_id: game_id,
      p_match_instance_id: match_instance_id,
      p_roster: roster,
      p_slot_template: slot_template,
    });
  },
};

function answer(response, status, value) {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const route = routes[pathname.split('/').at(-1)];
  if (!route) return answer(response, 404, { message: 'not found' });
  const token = request.headers.authorization?.replace(/^Bearer /i, '');
  if (!token) return answer(response, 401, { message: 'sign in' });
  const supabase = clientOf(token);
  const asksAuth = SESSION_CHECK === 'writes' && request.method === 'POST';
  const { error } = await (asksAuth ? supabase.auth.getUser(token) : supabase.auth.getClaims(token));
  if (error) return answer(response, 401, { message: error.message });
  const { data, error: refused, status } = await route(supabase, request, searchParams);
  return answer(response, status, refused ?? data);
}

const server = createServer((request, response) => {
  serve(request, response).catch((error) => answer(response, 500, { message: error.message }));
});
server.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
