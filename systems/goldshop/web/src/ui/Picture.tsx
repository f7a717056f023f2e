import { useState } from "react";

interface Props {
  /** Its address, or null where there is none: then the outline of a stone stands for it, as without a network. */
  source: string | null;
  alt: string;
  className?: string;
}

/** A picture of goods in a square that is there before the picture is. */
export function Picture({ source, alt, className = "" }: Props) {
  const frame = `shrink-0 overflow-hidden rounded-lg border border-line bg-sunken ${className}`;
  const [lost, setLost] = useState<string | null>(null);
  if (source !== null && source !== lost) {
    return <img src={source} alt={alt} loading="lazy" decoding="async" className={`object-cover ${frame}`} onError={() => setLost(source)} />;
  }
  return (
    <span className={`grid place-items-center ${frame}`}>
      <svg viewBox="0 0 24 24" className="size-2/5 text-edge" fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinejoin="round" aria-hidden="true">
        <path d="M8 4.500h8l4 5-8 10-8-10 4-5Zm-4 5h16M9.500 9.500 12 19.500 14.500 9.500 12 4.500Z" vectorEffect="non-scaling-stroke" />
      </svg>
    </span>
  );
}
