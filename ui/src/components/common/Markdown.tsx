/** Text of the agent as Markdown: no raw HTML, no images, links open elsewhere. */

import { memo } from "react";
import ReactMarkdown from "react-markdown";
import { readableTimes } from "../../lib/time";

const DISALLOWED = ["img"];

export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      <ReactMarkdown
        skipHtml
        unwrapDisallowed
        disallowedElements={DISALLOWED}
        components={{
          a: ({ href, children }) => (
            <a href={href} target="_blank" rel="noreferrer noopener">
              {children}
            </a>
          ),
        }}
      >
        {readableTimes(text)}
      </ReactMarkdown>
    </div>
  );
});
