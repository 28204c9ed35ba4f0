package shop;

import com.databroker.hibernate.OnServer;
import jakarta.persistence.CascadeType;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.OneToMany;
import jakarta.persistence.Version;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An order with its lines, which go with it.
@Entity
public class Purchase {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    private Long id;

    @ManyToOne(optional = false)
    @JoinColumn(name = "buyer_id")
    private Customer buyer;

    @Enumerated(EnumType.STRING)
    @Column(nullable = false)
    private Status status = Status.OPEN;

    @OneToMany(mappedBy = "purchase", cascade = CascadeType.ALL, orphanRemoval = true)
    private List<Line> lines = new ArrayList<>();

    @Version
    private long version;

    protected Purchase() {}

    Purchase(Customer buyer) {
        this.buyer = buyer;
    }

    long id() {
        return id;
    }

    void add(Product product, int pieces) {
        lines.add(new Line(this, lines.size() + 1, product, pieces));
    }

    /// What it costs, by the codes of its products.
    @OnServer(readOnly = true)
    public Map<String, BigDecimal> prices() {
        Map<String, BigDecimal> all = new LinkedHashMap<>();
        lines.forEach(line -> all.put(line.code(), line.price()));
        return all;
    }
}
