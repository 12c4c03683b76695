/** Who is signed in, and what a role may do. */

export type Role = "viewer" | "operator" | "planner" | "flight_director" | "admin";

export interface User {
  username: string;
  role: Role;
}

const ORDER: readonly Role[] = ["viewer", "operator", "planner", "flight_director"];

/** Whether a role may do what `needed` may; admin manages accounts and is no flight authority. */
export function covers(role: Role, needed: Role): boolean {
  if (role === "admin" || needed === "admin") return role === needed || needed === "viewer";
  return ORDER.indexOf(role) >= ORDER.indexOf(needed);
}

/** A role in words. */
export function roleName(role: Role): string {
  return role.replace("_", " ");
}

/** RFC 9457 problem details, as the service reports every error. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail: string;
  code?: string;
  field?: string;
}
