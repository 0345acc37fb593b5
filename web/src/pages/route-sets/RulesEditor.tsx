import { Button } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { dispatcherSets, routeSetFindings } from '../../api/resources.ts';
import { plural } from '../../lib/figures.ts';
import { findingsByRule } from './findings.ts';
import { findOverlaps } from './overlap.ts';
import { newRule, type RouteSetValues, type RuleValues } from './route-set-form.ts';
import { RuleFields } from './RuleFields.tsx';
import { RuleLine } from './RuleLine.tsx';
import styles from './RulesEditor.module.css';

/** Lines drawn at a time: a route set may have thousands of rules. */
const step = 100;

/** The rules as an ordered list; a click unfolds a rule's fields, the handle (or the arrows) moves it. */
export function RulesEditor({ form, saved }: { readonly form: UseFormReturnType<RouteSetValues>; /** Number of the route set, null = a new one. */ readonly saved: number | null }) {
  const { rules } = form.values;
  const [unfolded, setUnfolded] = useState<string | null>(rules.length === 1 && rules[0]?.id === null ? rules[0].uid : null);
  const [dragged, setDragged] = useState<number | null>(null);
  const [shown, setShown] = useState(step);
  const overlaps = useMemo(() => findOverlaps(rules), [rules]);
  const setsPage = useQuery(dispatcherSets.choices('', {}, 500));
  const sets = useMemo(() => new Map((setsPage.data?.items ?? []).map((set) => [set.id, set])), [setsPage.data]);

  const { data: found } = useQuery({ ...routeSetFindings(saved ?? 0), enabled: saved !== null });
  // Findings are about what is saved; while rules are being edited they would mislead.
  const edited = form.isDirty('rules');
  const findings = useMemo(() => findingsByRule(edited ? [] : (found?.items ?? []), rules.map((rule) => rule.id)), [edited, found, rules]);

  const errorAt = (index: number): ReactNode => {
    const found = Object.entries(form.errors).find(([path]) => path === `rules.${index}` || path.startsWith(`rules.${index}.`));
    return found?.[1] ?? null;
  };
  const change = (index: number, rule: RuleValues, owner: string | null = null) => {
    form.setFieldValue(`rules.${index}`, rule);
    // A route set without an owner may only use shared sets; choosing a tenant's set makes it that tenant's.
    if (form.values.tenant === null && owner !== null) form.setFieldValue('tenant', owner);
  };
  const move = (from: number, to: number) => {
    if (to >= 0 && to < rules.length) form.reorderListItem('rules', { from, to });
  };
  const add = () => {
    const rule = newRule(rules.length === 0 ? 'any' : 'range');
    form.insertListItem('rules', rule, Math.max(0, rules.at(-1)?.match.type === 'any' ? rules.length - 1 : rules.length));
    setUnfolded(rule.uid);
  };
  return (
    <div>
      <ol className={styles['list']} aria-label="Rules">
        {rules.slice(0, shown).map((rule, index) => (
          <li
            key={rule.uid}
            data-dragged={dragged === index || undefined}
            onDragOver={(event) => {
              if (dragged !== null) event.preventDefault();
            }}
            onDrop={() => {
              if (dragged !== null) move(dragged, index);
              setDragged(null);
            }}
          >
            <RuleLine
              rule={rule}
              index={index}
              last={index === rules.length - 1}
              sets={sets}
              overlap={overlaps[index] ?? null}
              findings={(overlaps[index] ?? null) !== null || rule.id === null ? [] : (findings.get(rule.id) ?? [])}
              error={errorAt(index)}
              unfolded={unfolded === rule.uid}
              onToggle={() => setUnfolded(unfolded === rule.uid ? null : rule.uid)}
              onMove={(by) => move(index, index + by)}
              onDrag={(dragging) => setDragged(dragging ? index : null)}
              onRemove={() => form.removeListItem('rules', index)}
            />
            {unfolded === rule.uid ? <RuleFields rule={rule} index={index} errors={form.errors} tenant={form.values.tenant} onChange={(next, owner) => change(index, next, owner)} /> : null}
          </li>
        ))}
        {rules.length === 0 ? <li className={styles['nothing']}>No rule: every call gets 404.</li> : null}
      </ol>
      <div className={styles['foot']}>
        <Button variant="default" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={add}>
          Add rule
        </Button>
        {rules.length > shown ? (
          <Button variant="subtle" size="compact-sm" onClick={() => setShown(shown + step)}>
            Show more of {plural(rules.length, 'rule')}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
