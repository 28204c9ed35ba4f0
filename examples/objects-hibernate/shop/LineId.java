package shop;

import jakarta.persistence.Embeddable;
import java.io.Serializable;

/// `Line/7,3`: the third line of order 7.
@Embeddable
public record LineId(long orderNumber, int place) implements Serializable {}
