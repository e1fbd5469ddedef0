// What can be done to a project, each with its way back.

import { type InfiniteData, useMutation, useQueryClient } from "@tanstack/react-query";
import { refreshTopics } from "@/api/cache";
import { projects } from "@/api/endpoints";
import type { Page, Project } from "@/api/types";
import { failed, said, saidWithUndo } from "@/ui/toast";

type Lists = InfiniteData<Page<Project>, string | undefined>;

const refresh = () => refreshTopics("projects", "audit");

/** Takes the project off every list at once; back on them if the server refuses or the person undoes it. */
export function useArchive() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (project: Project) => projects.archive(project.id, project.version),
    onMutate: async (project) => {
      await cache.cancelQueries({ queryKey: ["projects"] });
      const before = cache.getQueriesData<Lists>({ queryKey: ["projects", "list"] });
      cache.setQueriesData<Lists>({ queryKey: ["projects", "list"] }, (old) => without(old, project.id));
      return before;
    },
    onSuccess: (_answer, project) =>
      saidWithUndo(
        `Archived ${project.name}`,
        async () => {
          await projects.restore(project.id);
          await refresh();
        },
        `${project.name} is back`,
      ),
    onError: (error, project, before) => {
      for (const [key, data] of before ?? []) cache.setQueryData(key, data);
      failed(`Could not archive ${project.name}`, error);
    },
    onSettled: refresh,
  });
}

export function useRestore() {
  return useMutation({
    mutationFn: (project: Project) => projects.restore(project.id),
    onSuccess: (project) => said(`${project.name} is back among the active projects`),
    onError: (error, project) => failed(`Could not restore ${project.name}`, error),
    onSettled: refresh,
  });
}

export function useRename() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ project, ...body }: { project: Project; name?: string; description?: string }) =>
      projects.update(project.id, project.version, body),
    onSuccess: (saved) => {
      cache.setQueryData(["projects", "one", saved.id], saved);
      cache.setQueriesData<Lists>({ queryKey: ["projects", "list"] }, (old) => withChanged(old, saved));
    },
    onSettled: refresh,
  });
}

export function without(data: Lists | undefined, id: string): Lists | undefined {
  return data && { ...data, pages: data.pages.map((p) => ({ ...p, items: p.items.filter((i) => i.id !== id) })) };
}

export function withChanged(data: Lists | undefined, next: Project): Lists | undefined {
  return data && { ...data, pages: data.pages.map((p) => ({ ...p, items: p.items.map((i) => (i.id === next.id ? next : i)) })) };
}
