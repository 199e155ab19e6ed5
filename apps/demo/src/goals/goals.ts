import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { GoalLog } from './goal_log.js';

/** What can be reached, and what was, with the frame: who has the replay can see it done again. */
export function renderGoals(log: GoalLog): TemplateResult {
  const frames = log.goals.map((goal) => log.frameOf(goal));
  const reached = frames.filter((frame) => frame !== undefined && frame > 0).length;
  return html`<section aria-labelledby="goals">
    <h2 id="goals">Goals</h2>
    <ul class="goals" data-testid="goals">
      ${log.goals.map(({ name }, i) => {
        const frame = frames[i];
        return html`<li class=${frame === undefined ? 'open' : 'reached'}>
          <span aria-hidden="true">${frame === undefined ? '○' : '✓'}</span> ${name}
          ${frame === undefined ? nothing : html`<small>${frame === 0 ? 'from the start' : `frame ${frame}`}</small>`}
        </li>`;
      })}
    </ul>
    <p class="hint" role="status">
      ${
        reached === 0
          ? 'Read off the tiles that the world draws.'
          : `${reached} reached. Save the replay: it has the picture, the seed and the keys, and shows them reached again.`
      }
    </p>
  </section>`;
}
