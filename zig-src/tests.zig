//! Root of the tests of the native core: everything that is not about JavaScript.

test {
    _ = @import("columns.zig");
    _ = @import("direct_table.zig");
    _ = @import("direct_table_builder.zig");
    _ = @import("hash.zig");
    _ = @import("id_table.zig");
    _ = @import("id_table_builder.zig");
    _ = @import("lost_pages.zig");
    _ = @import("lz4.zig");
    _ = @import("memory_use.zig");
    _ = @import("radix_table.zig");
    _ = @import("region.zig");
    _ = @import("region_table.zig");
    _ = @import("slab.zig");
    _ = @import("spool_memory.zig");
    _ = @import("spin_lock.zig");
    _ = @import("strings.zig");
}
