using System.Text.RegularExpressions;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Native;

/// <summary>What is known of C, C++ and Rust: which functions are the libraries', and what commonly leaks.</summary>
internal static class NativeKnowledge
{
    public static RuntimeKnowledge Value { get; } =
        new()
        {
            Library =
            [
                // C++'s library and those that stand in most programs, told by their namespace.
                Name(
                    @"^(std|__gnu_cxx|__cxxabiv1|boost|absl|folly|fmt|spdlog|google|grpc|grpc_core|Json|nlohmann|rapidjson|YAML|re2|leveldb|rocksdb|asio|Poco|Eigen|cv|tbb|q?Q[A-Z]\w*|cxx11)::"
                ),
                Name(@"^operator (new|delete)\b|^(void|bool|auto|decltype\([^)]*\)) (std|__gnu_cxx|boost)::"),
                // The same in templates that massif names without their namespace: by the header, and by names that are reserved for it.
                Name(
                    @"(^|/)include/c\+\+/|^(new_allocator|alloc_traits|stl_\w+|basic_string|unique_ptr|shared_ptr(_base)?|hashtable_policy|unordered_map|unordered_set|std_function|std_thread)\.h$|^(vector|deque|list|basic_string)\.tcc$|^_[MS]_\w+$"
                ),
                // Rust's own crates and the usual ones below programs.
                Name(
                    @"^<?(&|mut |dyn |\[|\()*(alloc|core|std|hashbrown|tokio|hyper|bytes|serde|serde_json|futures\w*|crossbeam\w*|parking_lot\w*|rayon\w*|mio|smallvec|indexmap|dashmap|once_cell|lazy_static)::"
                ),
                // A trait of theirs for a type of the language or for any type (<T as ...>): their code, and not the program's.
                Name(
                    @"^<(&|mut |dyn |\*const |\*mut |\[|\()*([A-Z]\w?|str|bool|char|[iu](8|16|32|64|128|size)|f32|f64)\b[^:]* as (alloc|core|std|hashbrown|tokio|hyper|bytes|serde|serde_json|futures\w*)::"
                ),
                Name(@"^(__rust_|__rdl_|__rg_|_R[A-Za-z0-9]*(alloc|realloc))"),
                // C's library, the loader, the start of threads and programs.
                Name(
                    @"^_*(malloc|calloc|realloc|reallocarray|memalign|posix_memalign|aligned_alloc|valloc|pvalloc|str(n)?dup|wcsdup|v?asprintf|getline|getdelim|open_memstream|f(d)?open(64)?|opendir|scandir|getaddrinfo|regcomp|qsort|setlocale|newlocale|tsearch|hcreate\w*|start_thread|clone3?|pthread_\w+|libc_start\w*|libc_start_main\w*|start|IO_\w+|GI_\w+|dl_\w+|tls_\w+|nss_\w+)(@@.*)?$"
                ),
                // Libraries without names: by their file.
                Name(@"^(lib[\w+.-]+\.so|ld-linux[\w.-]*|\[vdso\])"),
                // Usual C libraries, told by the beginning of their functions' names.
                Name(
                    @"^(g_(malloc|malloc0|realloc|strdup|slice|try_malloc|array|ptr_array|hash_table|list|string|byte_array|object|type)\w*|sqlite3\w*|CRYPTO_\w+|OPENSSL_\w+|SSL_\w+|BIO_\w+|EVP_\w+|X509_\w+|ASN1_\w+|curl_\w+|Curl_\w+|xml[A-Z]\w*|json_\w+|yajl_\w+|uv_\w+|uv__\w+|event_\w+|evbuffer_\w+|inflate\w*|deflate\w*|png_\w+|jpeg_\w+|apr_\w+|lua[A-Z_]\w*|av_\w+|zmq_\w+|PQ\w+)$"
                ),
            ],
            Allocators =
            [
                // zmalloc_usable, ngx_palloc, my_malloc, xstrdup, palloc0, g_malloc0: a short prefix, what is done, of what sort.
                Name(
                    @"^_*([a-z]{1,3}_+)?([a-z]{0,4}|try|ztry|safe_?|mem_?|secure_?|raw_?|do_?|init_?|init_sql_?)(m|c|re|z|v|p|nc?|pc)?alloc(ate)?"
                        + Sorts
                ),
                Name(@"^_*([a-z]{1,3}_+)?[a-z]{0,4}_?(strn?dup|memdup|sprintf_alloc)" + Sorts),
                // pool_alloc, slabs_alloc, mem_heap_alloc, do_slabs_newslab.
                Name(
                    @"^_*(do_|try_|[a-z]{1,3}_)?((mem(ory)?|heap|pools?|slabs?|arena|chunk|page|buddy|block|zone|buf(fer)?|apr|erts|ossl|OPENSSL|CRYPTO|sqlite3)_)+([a-z]?(m|c|re|z|p)?alloc(ate)?|newslab|grow|create_block\w*)"
                        + Sorts
                ),
                // MemoryContextAllocZero, AllocSetAlloc, sqlite3DbMallocRaw, HeapAlloc.
                Name(
                    @"^_*((sqlite3|Db|Do|Try|Safe|Raw|Mem(ory)?|Context|Heap|Pool|Slab|Arena|Block|Chunk|Generation|Bump|AllocSet|Os|Sys)+(M|C|Re)?|[Mm]|[Cc]|[Rr]e)[Aa]lloc(ate)?(Zero(ed)?|Aligned|Extended|Huge|Large|Small|Internal|NoOom|Raw|NN|Array|FromNewBlock|FromChunk|FromFreeList|Set(ContextCreate)?(Internal)?)*$"
                ),
                // Allocators as classes; a place in a template's arguments does not count.
                Name(
                    @"^[\w:]*([Aa]llocator|[Aa]lloc|Arena|MemPool|MemoryPool)(<[^()]*>)?::\w*[Aa]lloc(ate)?\w*(<[^()]*>)?(\(.*)?$"
                ),
            ],
            Servers = KnownServers.Native,
            Noise =
            [
                Name(
                    @"^(pthread_create|_?_?pthread_create\w*|allocate_stack|_dl_allocate_tls\w*|__tls_get_addr\w*|_dl_new_object|dlopen\w*)(@@.*)?$"
                ),
                Name(@"^\[(stack|vdso|vvar|vvar_vclock|vsyscall)\]$"),
                // malloc_info's row for what is not free: it names nobody.
                Name("^in use$"),
            ],
            Fragmentation =
            [
                new(
                    "glibc: MALLOC_ARENA_MAX=2 in its environment, where many threads allocate",
                    "threads wait for each other in malloc"
                ),
                new(
                    "glibc: malloc_trim(0) now and then; --try shows what it gives back",
                    "it walks the whole heap under its locks, and page faults follow"
                ),
                new(
                    "glibc: a fixed MALLOC_MMAP_THRESHOLD_=131072, where large blocks come and go",
                    "two system calls and page faults for each large block"
                ),
                new(
                    "jemalloc (LD_PRELOAD=libjemalloc.so.2) with MALLOC_CONF=dirty_decay_ms:1000,muzzy_decay_ms:0,background_thread:true",
                    "another allocator, one more thread, and page faults when memory is taken again"
                ),
                new(
                    "tcmalloc: TCMALLOC_RELEASE_RATE=10, or MallocExtension::ReleaseFreeMemory() now and then",
                    "page faults when memory is taken again"
                ),
                new(
                    "objects that live long from a pool or an arena of their own, apart from those that do not",
                    "work on the program; the only help where what is alive keeps its pages"
                ),
            ],
            BenignCaches =
            [
                Name(@"^(setlocale|newlocale|getaddrinfo|tzset\w*|localtime_r?|__nss_\w+|std::locale::\w+)(@@.*)?$"),
            ],
            Culprits =
            [
                new(
                    "strdup",
                    Name(@"^_*(strn?dup|wcsdup|v?asprintf|getline|getdelim)(@@.*)?$"),
                    "the text that this function hands out belongs to its caller: free() it on every way out"
                ),
                new(
                    "open-file-or-directory",
                    Name(@"^_*(IO_)?(f(d)?open(64)?|opendir|fdopendir|popen|open_memstream)(@@.*)?$"),
                    "each stream keeps a buffer and a descriptor until it is closed: fclose() or closedir() on every way out"
                ),
                new(
                    "released-pointer",
                    Name(@"::release$|Box<.*>::(leak|into_raw)$|^core::mem::forget|ManuallyDrop"),
                    "ownership is given up here: whoever takes the pointer must release it"
                ),
                new(
                    "reference-cycle",
                    Name(@"^<?alloc::(rc::Rc|sync::Arc)\b.*::new"),
                    "Rc and Arc that hold each other are never released: make the way back a Weak"
                ),
            ],
        };

    // What may follow the word for allocating without its being about one thing of the program.
    private const string Sorts =
        @"(_*(usable|internal|impl|zero(ed)?|aligned|align|array|n|mem(ory)?|ext|extended|huge|large|small|noerr|safe|try|flags|sized?|block|chunk|root|cb|nocache|pages?|data|bytes|with|no|oom|or|die|fail|raw|x|s|f|0|2))*$";

    private static Regex Name(string pattern) =>
        new(pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
}
