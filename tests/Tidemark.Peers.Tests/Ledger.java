import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Holds maps, lists, trees, chains and shared objects, with fields of every type, and waits. */
public final class Ledger {
    static class Entry { long id; byte kind; boolean open; Object owner; }
    static final class Booking extends Entry { short day; char currency; double amount; Booking before; }
    static final class Account { final String name; final List<Booking> bookings = new ArrayList<>(); float rate; Account(String n) { name = n; } }

    static final Map<String, Account> ACCOUNTS = new HashMap<>();
    static final Map<Integer, int[]> INDEX = new ConcurrentHashMap<>();
    static final LinkedList<long[]> JOURNAL = new LinkedList<>();
    static final TreeMap<Long, Booking> BY_ID = new TreeMap<>();
    static final List<SoftReference<byte[]>> SOFT = new ArrayList<>();
    static final List<WeakReference<Booking>> WEAK = new ArrayList<>();
    static Booking chain;
    static Object[][] matrix = new Object[50][40];

    public static void main(String[] args) throws Exception {
        for (int a = 0; a < 2000; a++) {
            Account account = new Account("account " + a + (a % 10 == 0 ? " \u20ac" : ""));
            ACCOUNTS.put(account.name, account);
            for (int b = 0; b < a % 40; b++) {
                Booking booking = new Booking();
                booking.id = a * 100L + b;
                booking.owner = account;
                booking.before = b % 7 == 0 ? chain : null;
                account.bookings.add(booking);
                if (b % 5 == 0) BY_ID.put(booking.id, booking);
                if (b % 11 == 0) WEAK.add(new WeakReference<>(booking));
                if (b % 13 == 0) chain = booking;
            }
            INDEX.put(a, new int[a % 333]);
            JOURNAL.add(new long[a % 17]);
            if (a % 20 == 0) SOFT.add(new SoftReference<>(new byte[a]));
            matrix[a % 50][a % 40] = new char[a % 99];
        }
        System.out.println("ready");
        while (System.in.read() >= 0) {}
    }
}
