-- migrate:up

-- What people say about an image.
alter table images
  add column alt     text,
  add column caption text,
  add column tags    text[] not null default '{}';

-- What images are found by: each word, in lower case and cut to 50 characters, and each tag, all with a hash
-- of the owner before them, so that a search reads the entries of one owner only. ASCII punctuation
-- separates words; otherwise `cat-1.png` would be one. Calls only functions of pg_catalog, so that a
-- restored dump can build the index.
create function image_terms(owner_id text, words text, tags text[])
returns text[] language sql immutable parallel safe cost 1000 as $$
  select array(
    select lpad(to_hex(hashtextextended(owner_id, 0)), 16, '0') || term
    from (
      select ':' || left(word, 50)
      from unnest(tsvector_to_array(to_tsvector('simple',
        translate(words, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32))))) word
      union all
      select '#' || tag from unnest(tags) tag
    ) terms (term)
  )
$$;

-- The query for images of an owner that have all of these words, or words that begin with them, and all of
-- these tags. Null, which nothing matches, when there are none.
create function image_query(owner_id text, words text, tags text[])
returns tsquery language sql immutable parallel safe as $$
  select string_agg(
    '''' || replace(replace(term, '\', '\\'), '''', '''''') || ''''
      || case substr(term, 17, 1) when ':' then ':*' else '' end,
    ' & ')::tsquery
  from unnest(image_terms(owner_id, words, tags)) term
$$;

create index images_by_text on images using gin (
  array_to_tsvector(image_terms(owner_id,
    coalesce(filename, '') || ' ' || coalesce(caption, '') || ' ' || coalesce(alt, ''), tags))
) where duplicate_of is null and (status = 'published' or platform <> 'web');
create index images_by_platform on images (owner_id, platform, image_id desc)
  where duplicate_of is null and (status = 'published' or platform <> 'web');

-- migrate:down

drop index images_by_platform, images_by_text;
drop function image_query;
drop function image_terms;
alter table images drop column tags, drop column caption, drop column alt;
