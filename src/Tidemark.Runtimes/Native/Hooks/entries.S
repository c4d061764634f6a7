// The block begins with its head; behind it a breakpoint that calls made by the tracer return to, and the table of
// entries by number. Each hook's entry keeps the registers that belong to its caller where the sample is taken from.
        .section .head, "awx"
        .globl head
        .hidden head
head:   .ascii "TMHOOKS1"
        .fill 34, 8, 0
        .globl trap
trap:   int3
        .balign 8
        .quad 24                        # how many hooks
        .macro offset number
        .quad hook_\number - head
        .endm
        .altmacro
        .set i, 0
        .rept 24
        offset %i
        .set i, i + 1
        .endr
        .quad run_c - head

        .text
        .macro hook number, function
hook_\number:
        push %rbp
        push %rbx
        push %r12
        push %r13
        push %r14
        push %r15
        sub $8, %rsp
        mov %rsp, %rcx
        mov $\number, %r8d
        call \function
        add $8, %rsp
        pop %r15
        pop %r14
        pop %r13
        pop %r12
        pop %rbx
        pop %rbp
        ret
        .endm
        hook 0, allocate_c              # malloc(size)
        hook 1, allocate_c              # calloc(count, size)
        hook 2, resize_c                # realloc(block, size)
        hook 3, release_c               # free(block)
        hook 4, allocate_c              # memalign(alignment, size)
        hook 5, allocate_c              # aligned_alloc(alignment, size)
        hook 6, align_c                 # posix_memalign(&block, alignment, size)
        hook 7, allocate_c              # valloc(size)
        hook 8, allocate_c              # pvalloc(size)
        hook 9, resize_c                # reallocarray(block, count, size)
        hook 10, allocate_c             # operator new(size)
        hook 11, allocate_c             # operator new[](size)
        hook 12, allocate_c             # operator new(size, nothrow)
        hook 13, allocate_c             # operator new[](size, nothrow)
        hook 14, allocate_c             # operator new(size, alignment)
        hook 15, allocate_c             # operator new[](size, alignment)
        hook 16, release_c              # operator delete(block)
        hook 17, release_c              # operator delete[](block)
        hook 18, release_c              # operator delete(block, size)
        hook 19, release_c              # operator delete[](block, size)
        hook 20, release_c              # operator delete(block, alignment)
        hook 21, release_c              # operator delete[](block, alignment)
        hook 22, release_c              # operator delete(block, size, alignment)
        hook 23, release_c              # operator delete[](block, size, alignment)
        .section .note.GNU-stack, "", @progbits
