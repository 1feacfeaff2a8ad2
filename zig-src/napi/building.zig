//! Exports for building: hashing keys, sorting and merging rows (on libuv's threads too), compressing.

const std = @import("std");
const api = @import("api.zig");
const builder = @import("../id_table_builder.zig");
const index_building = @import("index_building.zig");
const lz4 = @import("../lz4.zig");
const os = @import("../os.zig");
const strings = @import("../strings.zig");
const values = @import("values.zig");
const Environment = @import("environment.zig").Environment;
const Fault = @import("../faults.zig").Fault;
const c = api.c;
const Call = values.Call;
const Error = values.Error;
const Value = values.Value;

/// hashKeys(keys, keysStart, rows, firstRow, rowCount, width)
pub fn hashKeys(call: *Call) Error!Value {
    const keys = try call.bytes(0, "keys");
    const keys_start = try call.integer(1, "keysStart");
    const rows = try call.bytes(2, "rows");
    const first = try call.integer(3, "firstRow");
    const count = try call.integer(4, "rowCount");
    const width = try call.width(call.arguments[5]);
    const scratch = &call.environment.scratch;
    defer scratch.trim();
    switch (width) {
        inline else => |w| {
            const Column = ColumnOf(w);
            const row_size = 3 * @sizeOf(Column);
            const available = rows.len / row_size;
            if (first > available or count > available - first) {
                return call.fault.invalid(
                    "expected room for {d} rows from row {d} on; found {d} rows",
                    .{ count, first, available },
                );
            }
            const part = rows[@intCast(first * row_size)..][0..@intCast(count * row_size)];
            try builder.hashKeys(Column, asRows(Column, 3, part), keys, keys_start, scratch, &call.fault);
        },
    }
    return call.undefinedValue();
}

fn ColumnOf(comptime width: values.Width) type {
    return switch (width) {
        .narrow => u32,
        .wide => u64,
    };
}

fn asRows(comptime Column: type, comptime columns: comptime_int, bytes: []u8) []align(1) [columns]Column {
    return std.mem.bytesAsSlice([columns]Column, bytes);
}

/// Rows to sort, and how.
const Order = struct {
    rows: []u8,
    columns: enum { two, three },
    width: values.Width,
    by_value_too: bool,

    /// (rows, rowCount, columns, width, byValueToo)
    fn read(call: *Call) Error!Order {
        const rows = try call.bytes(0, "rows");
        const count = try call.integer(1, "rowCount");
        const columns = try call.integer(2, "columns");
        if (columns != 2 and columns != 3) return call.fault.invalid("expected columns to be 2 or 3", .{});
        const width = try call.width(call.arguments[3]);
        const row_size = columns * @as(u64, if (width == .wide) 8 else 4);
        if (count > rows.len / row_size) {
            return call.fault.invalid("expected room for {d} rows; found {d}", .{ count, rows.len / row_size });
        }
        return .{
            .rows = rows[0..@intCast(count * row_size)],
            .columns = if (columns == 2) .two else .three,
            .width = width,
            .by_value_too = try call.boolean(4, "byValueToo"),
        };
    }

    /// On any thread.
    fn sort(order: Order) error{OutOfMemory}!void {
        if (order.rows.len == 0) return;
        const scratch = try os.allocatePages(order.rows.len);
        defer os.freePages(scratch);
        switch (order.width) {
            inline else => |width| switch (order.columns) {
                inline else => |columns| {
                    const Column = ColumnOf(width);
                    const count = if (columns == .two) 2 else 3;
                    const rows = asRows(Column, count, order.rows);
                    builder.sort(Column, count, rows, asRows(Column, count, scratch), order.by_value_too);
                },
            },
        }
    }
};

/// sortRowsSync(rows, rowCount, columns, width, byValueToo)
pub fn sortRowsSync(call: *Call) Error!Value {
    const order = try Order.read(call);
    try order.sort();
    return call.undefinedValue();
}

/// sortRows(rows, rowCount, columns, width, byValueToo)
pub fn sortRows(call: *Call) Error!Value {
    return Job.start(call, .{ .sort = try Order.read(call) });
}

/// Sorted runs to merge, and where to.
const Merge = struct {
    rows: []u8,
    windows: []align(1) builder.Window,
    output: []u8,
    columns: enum { two, three },
    width: values.Width,
    by_value_too: bool,

    /// (rows, windows, output, columns, width, byValueToo)
    fn read(call: *Call) Error!Merge {
        const rows = try call.bytes(0, "rows");
        const window_bytes = try call.bytes(1, "windows");
        const output = try call.bytes(2, "output");
        const columns = try call.integer(3, "columns");
        if (columns != 2 and columns != 3) return call.fault.invalid("expected columns to be 2 or 3", .{});
        const width = try call.width(call.arguments[4]);
        const row_size = columns * @as(u64, if (width == .wide) 8 else 4);
        if (window_bytes.len % @sizeOf(builder.Window) != 0) {
            return call.fault.invalid("expected windows of two numbers each", .{});
        }
        const windows = std.mem.bytesAsSlice(builder.Window, window_bytes);
        if (windows.len > builder.windows_max) {
            return call.fault.invalid("expected at most {d} windows; found {d}", .{ builder.windows_max, windows.len });
        }
        for (windows) |window| {
            if (window.next > window.end or window.end > rows.len / row_size) {
                return call.fault.invalid("a window leaves the rows", .{});
            }
        }
        return .{
            .rows = rows[0 .. rows.len - rows.len % @as(usize, @intCast(row_size))],
            .windows = windows,
            .output = output[0 .. output.len - output.len % @as(usize, @intCast(row_size))],
            .columns = if (columns == 2) .two else .three,
            .width = width,
            .by_value_too = try call.boolean(5, "byValueToo"),
        };
    }

    /// On any thread. Answers how many rows were merged.
    fn run(merge: Merge) usize {
        switch (merge.width) {
            inline else => |width| switch (merge.columns) {
                inline else => |columns| {
                    const Column = ColumnOf(width);
                    const count = if (columns == .two) 2 else 3;
                    const rows = asRows(Column, count, merge.rows);
                    const output = asRows(Column, count, merge.output);
                    return builder.merge(Column, count, rows, merge.windows, output, merge.by_value_too);
                },
            },
        }
    }
};

/// mergeRowsSync(rows, windows, output, columns, width, byValueToo)
pub fn mergeRowsSync(call: *Call) Error!Value {
    const merge = try Merge.read(call);
    return call.number(@floatFromInt(merge.run()));
}

/// mergeRows(rows, windows, output, columns, width, byValueToo)
pub fn mergeRows(call: *Call) Error!Value {
    return Job.start(call, .{ .merge = try Merge.read(call) });
}

/// Work on one of libuv's threads.
pub const Job = struct {
    environment: *Environment,
    task: Task,
    /// Keep what is worked on alive.
    arrays: [3]c.napi_ref = @splat(null),
    deferred: c.napi_deferred = null,
    work: c.napi_async_work = null,
    result: TaskError!usize = 0,
    fault: Fault = .{},

    const TaskError = error{ OutOfMemory, Corrupt, FileChanged };

    const Task = union(enum) {
        sort: Order,
        merge: Merge,
        direct: index_building.DirectFill,

        /// How many of the call's first arguments are worked on.
        fn arrayCount(task: Task) usize {
            return switch (task) {
                .sort => 1,
                .merge, .direct => 3,
            };
        }

        fn run(task: Task, fault: *Fault) TaskError!usize {
            switch (task) {
                .sort => |order| {
                    try order.sort();
                    return 0;
                },
                .merge => |merge| return merge.run(),
                .direct => |fill| return fill.run(fault),
            }
        }

        fn release(task: Task, env: c.napi_env) void {
            switch (task) {
                .sort, .merge => {},
                .direct => |fill| fill.release(env),
            }
        }
    };

    /// Queues the task; answers the promise of how many rows it merged.
    pub fn start(call: *Call, task: Task) Error!Value {
        const environment = call.environment;
        errdefer task.release(call.env);
        const job = try environment.create(Job);
        errdefer environment.destroy(job);
        job.* = .{ .environment = environment, .task = task };
        errdefer job.releaseArrays(call.env);
        for (job.arrays[0..task.arrayCount()], 0..) |*array, index| {
            try call.check(api.call(.napi_create_reference, .{ call.env, call.arguments[index], 1, array }));
        }
        const name = try call.string("sharedbuffers.rows");
        try call.check(api.call(
            .napi_create_async_work,
            .{ call.env, null, name, &execute, &complete, job, &job.work },
        ));
        errdefer _ = api.call(.napi_delete_async_work, .{ call.env, job.work });
        var promise: Value = undefined;
        try call.check(api.call(.napi_create_promise, .{ call.env, &job.deferred, &promise }));
        try call.check(api.call(.napi_queue_async_work, .{ call.env, job.work }));
        return promise;
    }

    fn execute(_: c.napi_env, data: ?*anyopaque) callconv(.c) void {
        const job: *Job = @ptrCast(@alignCast(data));
        job.result = job.task.run(&job.fault);
    }

    fn complete(env: c.napi_env, status: c.napi_status, data: ?*anyopaque) callconv(.c) void {
        const job: *Job = @ptrCast(@alignCast(data));
        var call: Call = .{ .env = env, .environment = job.environment };
        // Cancelled: the environment is ending, nobody waits.
        if (status == c.napi_ok) job.settle(&call);
        _ = api.call(.napi_delete_async_work, .{ env, job.work });
        job.releaseArrays(env);
        job.task.release(env);
        job.environment.destroy(job);
    }

    fn settle(job: *Job, call: *Call) void {
        if (job.result) |count| {
            const value = call.number(@floatFromInt(count)) catch return;
            _ = api.call(.napi_resolve_deferred, .{ call.env, job.deferred, value });
        } else |err| {
            call.fault = job.fault;
            const exception = call.exceptionFor(err) orelse return;
            _ = api.call(.napi_reject_deferred, .{ call.env, job.deferred, exception });
        }
    }

    fn releaseArrays(job: *Job, env: c.napi_env) void {
        for (job.arrays) |array| {
            if (array != null) _ = api.call(.napi_delete_reference, .{ env, array });
        }
    }
};

/// What is worth storing compressed saves at least a third.
fn compressedMax(length: usize) usize {
    return length - length / 3 -| 1;
}

/// compress(bytes)
pub fn compress(call: *Call) Error!Value {
    const source = try call.bytes(0, "bytes");
    const header = strings.compressed_header;
    const limit = compressedMax(source.len);
    if (limit <= header or source.len > lz4.source_max) return call.undefinedValue();
    const scratch = &call.environment.scratch;
    defer scratch.trim();
    const stored = try scratch.get(limit);
    const length = lz4.encode(source, stored[header..]) orelse return call.undefinedValue();
    std.mem.writeInt(u32, stored[0..header], @intCast(source.len), .little);
    const result = try call.newBytes(header + length);
    @memcpy(result.memory, stored[0 .. header + length]);
    return result.value;
}

/// decompress(bytes)
pub fn decompress(call: *Call) Error!Value {
    const stored: strings.Stored = .{
        .payload = try call.bytes(0, "bytes"),
        .compressed = true,
        .position = 0,
    };
    const result = try call.newBytes(try stored.length(&call.fault));
    try stored.copyTo(result.memory, &call.fault);
    return result.value;
}
