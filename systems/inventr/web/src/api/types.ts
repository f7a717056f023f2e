/** What the API says and hears. Money is a decimal string such as "12.50"; times are ISO 8601 in UTC. */

export type Role = "clerk" | "manager" | "admin";

export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
}

export interface Product {
  id: string;
  sku: string;
  name: string;
  description: string | null;
  category: string;
  price: string;
  currency: string;
  stock: number;
  reorder_level: number;
  updated_at: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface ProductPage extends Page<Product> {
  total: number;
}

export interface Movement {
  id: string;
  product_id: string;
  quantity: number;
  reason: string;
  note: string | null;
  created_at: string;
  /** The name of the person. */
  created_by: string | null;
}

export type MovementReason = "received" | "adjusted" | "returned" | "damaged";

export interface NewMovement {
  product_id: string;
  quantity: number;
  reason: MovementReason;
  note?: string;
}

export interface OrderLine {
  product_id: string;
  sku: string;
  name: string;
  quantity: number;
  unit_price: string;
  line_total: string;
}

export interface Order {
  id: string;
  number: number | string;
  status: "placed" | "cancelled";
  customer: string | null;
  total: string;
  currency: string;
  created_at: string;
  created_by: string | null;
  lines: OrderLine[];
}

export interface NewOrder {
  customer?: string;
  lines: { product_id: string; quantity: number }[];
}

export interface RevenueDay {
  date: string;
  revenue: string;
  orders: number;
}

export interface TopProduct {
  product_id: string;
  sku: string;
  name: string;
  quantity: number;
  revenue: string;
}

export interface Revenue {
  currency: string;
  today: string;
  total: string;
  orders: number;
  average_order: string;
  days: RevenueDay[];
  top_products: TopProduct[];
}
