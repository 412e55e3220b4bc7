import { TRANSITIONS } from '../../shared/states/transitions.ts';

/** One Mermaid state diagram for each thing that has a status. */
export function statePictures(): string {
  const sections = Object.entries(TRANSITIONS).map(([entity, states]) => {
    const lines = Object.entries(states).flatMap(([from, targets]: [string, readonly string[]]) =>
      targets.length === 0 ? [`  ${from} --> [*]`] : targets.map((to) => `  ${from === '' ? '[*]' : from} --> ${to}`),
    );
    return `## ${entity.replaceAll('_', ' ')}\n\n\`\`\`mermaid\nstateDiagram-v2\n${lines.join('\n')}\n\`\`\`\n`;
  });
  return `# States\n\nDrawn from \`transitions.ts\` by \`npm run generate\`. The database refuses every other move.\n\n${sections.join('\n')}`;
}
