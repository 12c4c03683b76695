/** Light or dark: the system's choice until the user makes one, which is kept. */

import { useCallback, useEffect, useState } from "react";

export type Theme = "light" | "dark";
const KEY = "llamaspace.theme";

function initialTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  if (kept === "light" || kept === "dark") return kept;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** The theme and a function that changes to the other one. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(initialTheme);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  const toggle = useCallback(() => {
    setTheme((before) => {
      const after = before === "dark" ? "light" : "dark";
      localStorage.setItem(KEY, after);
      return after;
    });
  }, []);
  return [theme, toggle];
}
