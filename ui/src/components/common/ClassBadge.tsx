/** The class of a command: a word and a sign, the colour only repeats them. */

const MARKS: Readonly<Record<string, [string, string]>> = {
  routine: ["", "tag"],
  vital: ["△", "badge badge-info"],
  critical: ["▲", "badge badge-warn"],
  hazardous: ["⚠", "badge badge-bad"],
};

export function ClassBadge({ name }: { name: string }) {
  const [mark, style] = MARKS[name] ?? ["?", "badge badge-bad"];
  return (
    <span className={style}>
      {mark !== "" && <span aria-hidden="true">{mark} </span>}
      {name}
    </span>
  );
}
