import { describe, expect, it } from 'vitest';
import { createServerBudgets } from '../../../src/db/connections/server-budgets.ts';

const server = { host: 'db1.test', port: 5432 };
const another = { host: 'db1.test', port: 5433 };

describe("a process's budget", () => {
  it('is a few connections to a server of which nothing is known yet', () => {
    const budgets = createServerBudgets({});
    budgets.of(server);
    expect(budgets.statistics().budget).toBe(4);
  });

  it('is what the server allows, less a tenth for others', () => {
    const budgets = createServerBudgets({});
    budgets.of(server).learn(97);
    expect(budgets.statistics().budget).toBe(87);
  });

  it('is shared with other processes, and grows and shrinks with their number', () => {
    const budgets = createServerBudgets({});
    budgets.of(server).learn(97);
    budgets.share(4);
    expect(budgets.statistics().budget).toBe(21);
    budgets.share(2);
    expect(budgets.statistics().budget).toBe(43);
  });

  it('leaves room for the central database on the same server, and not on another', () => {
    const budgets = createServerBudgets({ central: { ...server, connections: 10 } });
    budgets.of(server).learn(97);
    expect(budgets.statistics().budget).toBe(77);
    budgets.of(another).learn(97);
    expect(budgets.statistics().budget).toBe(77 + 87);
  });

  it('is one connection at least, however few the server allows', () => {
    const budgets = createServerBudgets({ central: { ...server, connections: 10 } });
    budgets.of(server).learn(7);
    expect(budgets.statistics().budget).toBe(2);
    budgets.share(50);
    expect(budgets.statistics().budget).toBe(1);
  });

  it('is never more than the operator allows, for each server', () => {
    const budgets = createServerBudgets({ bound: 20 });
    for (const address of [server, another]) budgets.of(address).learn(97);
    expect(budgets.statistics().budget).toBe(40);
    budgets.share(10);
    expect(budgets.statistics().budget).toBe(16);
  });

  it("is the operator's bound behind a pooler, which can't be asked, and a share of 100 without one", () => {
    const bounded = createServerBudgets({ bound: 300 });
    bounded.of(server).learn('pooler');
    bounded.share(2);
    expect(bounded.statistics().budget).toBe(300);
    const unbounded = createServerBudgets({});
    unbounded.of(server).learn('pooler');
    unbounded.share(2);
    expect(unbounded.statistics().budget).toBe(45);
  });

  it('counts the connections to one server apart from those to another', async () => {
    const budgets = createServerBudgets({ bound: 1 });
    const request = { group: 'acme', limit: 5, waitMilliseconds: 1 };
    await budgets.of(server).slots.acquire(request);
    await budgets.of(another).slots.acquire(request);
    expect(budgets.statistics()).toMatchObject({ budget: 2, inUse: 2 });
    await expect(budgets.of(server).slots.acquire(request)).rejects.toThrow('No slot');
  });
});
