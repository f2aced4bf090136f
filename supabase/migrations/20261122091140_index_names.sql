-- The names of indexes that were not made, since the project has others that serve, are free again.
--
-- Contract: none by itself.
-- Called by: nobody.
-- Undo: select;

set local role postgres;
set local search_path = '';
set local lock_timeout = '500ms';

select lockstep.free_index_names();
