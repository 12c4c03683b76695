/** The mark of the console: a planet and a satellite. */

export function Emblem({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="emblem">
      <ellipse cx="16" cy="16" rx="13" ry="5.4" transform="rotate(-28 16 16)" className="emblem-orbit" />
      <circle cx="16" cy="16" r="5" className="emblem-planet" />
      <circle cx="26.6" cy="10.4" r="2.4" className="emblem-craft" />
    </svg>
  );
}
