// Tables: sortable where every row is loaded, rows openable by mouse and keyboard, columns that give way on phones.

import {
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  sortFn_text,
  tableFeatures,
  useTable,
  type ColumnDef,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { cx } from "@/lib/words";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, text: sortFn_text },
});

export interface Column<Row> {
  id: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  /** Makes the column sortable. */
  sortBy?: (row: Row) => string | number;
  align?: "right";
  /** Hidden on screens narrower than this. */
  from?: "sm" | "md" | "lg";
  /** Header text is only for screen readers. */
  quiet?: boolean;
  className?: string;
}

const visible = { sm: "hidden sm:table-cell", md: "hidden md:table-cell", lg: "hidden lg:table-cell" };

export function DataTable<Row extends { id: string }>({
  label,
  columns,
  rows,
  sort,
  onSort,
  selectedId,
}: {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  /** "name" ascending, "-name" descending. Without onSort the server's order stays. */
  sort?: string | undefined;
  onSort?: (sort: string | undefined) => void;
  selectedId?: string | null;
}) {
  const byId = useMemo(() => new Map(columns.map((c) => [c.id, c])), [columns]);
  const defs = useMemo(
    () =>
      columns.map(
        (c): ColumnDef<typeof features, Row> => ({
          id: c.id,
          accessorFn: (row) => c.sortBy?.(row) ?? "",
          enableSorting: Boolean(c.sortBy),
        }),
      ),
    [columns],
  );
  const sorting = useMemo(() => (sort && onSort ? [{ id: sort.replace(/^-/, ""), desc: sort.startsWith("-") }] : []), [sort, onSort]);
  const table = useTable({
    features,
    columns: defs,
    data: rows,
    getRowId: (row: Row) => row.id,
    state: { sorting },
    enableMultiSort: false,
  });

  return (
    <div className="relative overflow-x-auto">
      <table aria-label={label} className="w-full border-collapse text-sm">
        <thead>
          <tr className="border-b border-line bg-sunken">
            {columns.map((c) => (
              <HeaderCell key={c.id} column={c} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr
              key={row.id}
              data-row={row.id}
              className={cx(
                "border-b border-line transition-colors last:border-0 hover:bg-sunken",
                selectedId === row.id && "bg-accent-soft hover:bg-accent-soft",
              )}
            >
              {row.getAllCells().map((cell) => {
                const column = byId.get(cell.column.id);
                if (!column) return null;
                return (
                  <td
                    key={cell.id}
                    className={cx(
                      "h-13 px-4 py-2 align-middle",
                      column.align === "right" && "text-right figures",
                      column.from && visible[column.from],
                      column.className,
                    )}
                  >
                    {column.cell(row.original)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function HeaderCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort: string | undefined;
  onSort: ((sort: string | undefined) => void) | undefined;
}) {
  const direction = sort === column.id ? "ascending" : sort === `-${column.id}` ? "descending" : undefined;
  const sortable = Boolean(column.sortBy && onSort);
  const next = direction === "ascending" ? `-${column.id}` : direction === "descending" ? undefined : column.id;
  return (
    <th
      scope="col"
      aria-sort={direction}
      className={cx(
        "h-9 px-4 text-left text-xs font-medium whitespace-nowrap text-ink-3",
        column.align === "right" && "text-right",
        column.from && visible[column.from],
        column.className,
      )}
    >
      {sortable ? (
        <button
          type="button"
          onClick={() => onSort?.(next)}
          className="-mx-1 inline-flex h-6 items-center gap-1 rounded-sm px-1 hover:text-ink"
        >
          {column.header}
          {direction === "ascending" && <ArrowUp className="size-3" aria-hidden="true" />}
          {direction === "descending" && <ArrowDown className="size-3" aria-hidden="true" />}
        </button>
      ) : (
        <span className={column.quiet ? "sr-only" : undefined}>{column.header}</span>
      )}
    </th>
  );
}

/** Under a list that has more than what is loaded. */
export function MoreRows({ query }: { query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  if (!query.hasNextPage) return null;
  return (
    <div className="border-t border-line p-2">
      <button
        type="button"
        onClick={() => void query.fetchNextPage()}
        aria-busy={query.isFetchingNextPage || undefined}
        data-focus-inset
        className="h-8 w-full rounded-md text-sm font-medium text-ink-2 hover:bg-hover hover:text-ink"
      >
        {query.isFetchingNextPage ? "Loading more…" : "Load more"}
      </button>
    </div>
  );
}
