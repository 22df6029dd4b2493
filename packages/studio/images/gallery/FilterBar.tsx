import type { Image } from "@keepsake/contract/schemas";
import { useEffect, useId, useRef, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Check, X } from "../../ui/icons.tsx";
import text from "../../ui/text.module.css";
import styles from "./FilterBar.module.css";
import { FilterFields } from "./FilterFields.tsx";
import { type ChangeFilter, describeFilters, type GalleryFilter } from "./galleryFilter.ts";
import { Search, Sliders, Tag } from "./icons.tsx";

type Props = {
  filter: GalleryFilter;
  /** Their tags are suggested. */
  images: readonly Image[];
  onChange: ChangeFilter;
  hasNames: boolean;
  onNames(hasNames: boolean): void;
  isSelecting: boolean;
  onSelecting(isSelecting: boolean): void;
};

/** Search, filters and order of the gallery, which are in its address, and how it is shown. */
export function FilterBar(props: Props) {
  const { filter, images, onChange, hasNames, onNames, isSelecting, onSelecting } = props;
  const [isOpen, setIsOpen] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const fields = useId();
  const set = describeFilters(filter).filter(({ field }) => field !== "q");
  return (
    <div className={styles.bar}>
      <div className={styles.main}>
        <SearchField filter={filter} onChange={onChange} />
        <Button
          ref={toggle}
          aria-expanded={isOpen}
          aria-controls={isOpen ? fields : undefined}
          onClick={() => setIsOpen(!isOpen)}
        >
          <Sliders size={16} /> Filter
        </Button>
        <select
          className={styles.order}
          aria-label="Order"
          value={filter.order ?? ""}
          onChange={({ target }) => onChange({ ...filter, order: target.value })}
        >
          <option value="">Newest first</option>
          <option value="oldest">Oldest first</option>
        </select>
        <Button aria-pressed={hasNames} onClick={() => onNames(!hasNames)}>
          <Tag size={16} /> Names
        </Button>
        <Button aria-pressed={isSelecting} onClick={() => onSelecting(!isSelecting)}>
          <Check size={16} /> Select
        </Button>
      </div>
      {isOpen && <FilterFields id={fields} filter={filter} images={images} onChange={onChange} />}
      {set.length > 0 && (
        <ul className={styles.set} aria-label="Filters">
          {set.map(({ field, text: label }) => (
            <li key={field}>
              <Button
                size="small"
                onClick={() => {
                  onChange({ ...filter, [field]: undefined });
                  toggle.current?.focus(); // this button is gone
                }}
              >
                <span className={text.visuallyHidden}>Clear </span>
                <span dir="auto">{label}</span>
                <X aria-hidden size={15} />
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** After the last letter, before the list is searched. */
const typingPauseMs = 250;

function SearchField({ filter, onChange }: Pick<Props, "filter" | "onChange">) {
  const { q = "" } = filter;
  const [typed, setTyped] = useState(q);
  const sent = useRef(q);
  const latest = useRef({ filter, onChange });
  latest.current = { filter, onChange };
  useEffect(() => {
    if (q === sent.current) return; // what is typed may end with a space
    sent.current = q;
    setTyped(q);
  }, [q]);
  useEffect(() => {
    const q = typed.trim();
    if (q === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = q;
      const { filter, onChange } = latest.current;
      onChange({ ...filter, q }, { replace: Boolean(filter.q) });
    }, typingPauseMs);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <search className={styles.search}>
      <Search size={17} />
      <input
        type="search"
        dir="auto"
        maxLength={200}
        aria-label="Search images"
        placeholder="Search names, captions, alt text"
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
    </search>
  );
}
