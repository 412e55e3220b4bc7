import { TRANSITIONS } from '../../shared/states/transitions.ts';

/** The statements that make the table state_transitions equal to TRANSITIONS; applied after every migration. */
export function transitionsSql(): string {
  const rows = Object.entries(TRANSITIONS).flatMap(([entity, states]) =>
    Object.entries(states).flatMap(([from, targets]) =>
      targets.map((to: string) => `  ('${entity}', '${from}', '${to}')`),
    ),
  );
  return `-- Generated from shared/states/transitions.ts by "npm run generate". Do not edit.
begin;
delete from state_transitions;
insert into state_transitions (entity, from_state, to_state) values
${rows.join(',\n')};
commit;
`;
}
