import type { Principal } from '../../../shared/catalogue/principals.ts';

/** Who acts in the demo. Author and approver are different people, as the database demands. */
export const AUTHOR = 'person:ada.author@daybook.example';
export const APPROVER = 'person:piet.approver@daybook.example';
export const FINANCE = 'person:fiona.finance@daybook.example';
const OPERATOR = 'person:omar.operator@daybook.example';

const PEOPLE: readonly Principal[] = [
  { principal: AUTHOR, kind: 'person', roles: ['author', 'viewer'] },
  { principal: APPROVER, kind: 'person', roles: ['approver', 'viewer'] },
  { principal: FINANCE, kind: 'person', roles: ['finance', 'viewer'] },
  { principal: OPERATOR, kind: 'person', roles: ['operator', 'viewer'] },
];

/** The demo's identities: the people, and a service account for each function, which the operator answers for. */
export function principalsOf(functionNames: readonly string[]): Principal[] {
  const services = functionNames.map(
    (name): Principal => ({ principal: `service:${name}`, kind: 'service', roles: ['operator'], owner: OPERATOR }),
  );
  return [...PEOPLE, ...services];
}
