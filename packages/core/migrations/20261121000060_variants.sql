-- migrate:up

-- Smaller copies of a published image: [{"width", "height", "url"}]. Empty for images of earlier releases.
alter table images
  add column variants jsonb not null default '[]',
  add column rewritten boolean,
  add column warnings jsonb not null default '[]';

-- migrate:down

alter table images drop column warnings, drop column rewritten, drop column variants;
