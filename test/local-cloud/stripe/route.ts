import type { CallContext } from './context.ts';
import type { Fields, Parameters } from './parameters.ts';

/** One call of the API. `id` is what stands for `:id` in the path, or the empty text. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly fields: Fields;
  readonly required?: readonly string[];
  readonly answer: (context: CallContext, parameters: Parameters, id: string) => object;
}

/** The route of a request and the id in its path; undefined when there is none. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; id: string } | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    const pattern = new RegExp(`^${route.path.replace(':id', '([^/]+)')}$`);
    const match = pattern.exec(path);
    if (match !== null) return { route, id: decodeURIComponent(match[1] ?? '') };
  }
  return undefined;
}
